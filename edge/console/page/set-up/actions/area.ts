/** The area of actions: what the site does by itself when an alarm begins; each can be tried. */
import { html, type TemplateResult } from 'lit';
import type { AreaModule, AreaParts } from '../area.ts';
import './action-list.ts';
import './action-place.ts';

export const { view }: AreaModule = {
  view(parts: AreaParts): TemplateResult {
    const [id, kind] = parts.steps;
    if (id === undefined || (id === '+' && kind === undefined))
      return html`<forpost-action-list .parts=${parts} .choosing=${id === '+'}></forpost-action-list>`;
    return html`<forpost-action-place .parts=${parts} .action=${id === '+' ? '' : id} .newKind=${kind ?? ''}></forpost-action-place>`;
  },
};
