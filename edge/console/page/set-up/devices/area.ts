/** The area of devices: their list, a form for a new one, and the place of each. */
import { html, nothing, type TemplateResult } from 'lit';
import type { AreaModule, AreaParts } from '../area.ts';
import './device-list.ts';
import './device-place.ts';
import './new-device.ts';
import { addStep } from './steps.ts';

export const { view }: AreaModule = {
  view(parts: AreaParts): TemplateResult {
    const [id] = parts.steps;
    if (id === undefined) return html`<forpost-device-list .parts=${parts}></forpost-device-list>`;
    if (id === addStep) return html`<forpost-new-device .parts=${parts}></forpost-new-device>`;
    return html`<forpost-device-place .parts=${parts} .device=${id}></forpost-device-place>${nothing}`;
  },
};
