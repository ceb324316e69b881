/** The page's few pictograms, drawn in the colour of the text around them. */
import { html, svg } from 'lit';

const draw = (path: ReturnType<typeof svg>) =>
  html`<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${path}</svg>`;

export const checkIcon = () => draw(svg`<path d="M4.5 12.5l5 5 10-11" />`);
export const attentionIcon = () => draw(svg`<path d="M12 4v10M12 19v.5" />`);
export const bellIcon = () => draw(svg`<path d="M6 17V11a6 6 0 0 1 12 0v6l1.5 2h-15zM10.5 21.5h3" />`);
