/** The area of pairing: its window, and the unknown clients that knock. */
import { html, type TemplateResult } from 'lit';
import type { AreaModule, AreaParts } from '../area.ts';
import './pairing-window.ts';

export const { view }: AreaModule = {
  view(parts: AreaParts): TemplateResult {
    return html`<forpost-pairing .parts=${parts}></forpost-pairing>`;
  },
};
