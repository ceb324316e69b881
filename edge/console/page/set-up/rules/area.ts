/** The area of rules: their list with a sentence each, a form for a new one, and the place of each. */
import { html, type TemplateResult } from 'lit';
import type { AreaModule, AreaParts } from '../area.ts';
import './rule-list.ts';
import './rule-place.ts';

/** The step behind which a new rule is made; no id looks like it. */
export const addStep = '+';

export const { view }: AreaModule = {
  view(parts: AreaParts): TemplateResult {
    const [id, kind] = parts.steps;
    if (id === undefined || (id === addStep && kind === undefined))
      return html`<forpost-rule-list .parts=${parts} .choosing=${id === addStep}></forpost-rule-list>`;
    return html`<forpost-rule-place .parts=${parts} .rule=${id === addStep ? '' : id} .newKind=${kind ?? ''}></forpost-rule-place>`;
  },
};
