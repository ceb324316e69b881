/** The area of cameras: their list, the way to a new one, and the place of each. */
import { html, type TemplateResult } from 'lit';
import type { AreaModule, AreaParts } from '../area.ts';
import './camera-list.ts';
import './camera-place.ts';
import './new-camera.ts';
import { addStep } from './steps.ts';

export const { view }: AreaModule = {
  view(parts: AreaParts): TemplateResult {
    const [id] = parts.steps;
    if (id === undefined) return html`<forpost-camera-list .parts=${parts}></forpost-camera-list>`;
    if (id === addStep) return html`<forpost-new-camera .parts=${parts}></forpost-new-camera>`;
    return html`<forpost-camera-place .parts=${parts} .camera=${id}></forpost-camera-place>`;
  },
};
