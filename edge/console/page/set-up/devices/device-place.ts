/** The place of one device: its state, its form, and what else can be done with it. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { badge } from '../../parts.ts';
import { deviceStateWords } from '../../words.ts';
import type { AreaParts } from '../area.ts';
import { entryForm } from '../form/form.ts';
import { gone, heading } from '../parts.ts';
import { t } from '../texts.ts';
import { deviceFields } from './fields.ts';

class DevicePlace extends LitElement {
  static override properties = { parts: { attribute: false }, device: { attribute: false }, done: { state: true } };
  declare parts: AreaParts;
  /** its id */
  declare device: string;
  /** what was done last; empty: nothing yet */
  declare done: string;

  constructor() {
    super();
    this.done = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const { site, status, nowMs } = this.parts;
    const entry = site.entry('devices', this.device);
    if (entry === undefined) return html`${heading(this.device)}${gone()}`;
    const state = status.devices.find(({ id }) => id === this.device);
    const words = state === undefined ? undefined : deviceStateWords(state, nowMs);
    const spec = {
      key: `devices/${this.device}`,
      fields: deviceFields,
      save: t('set-up/form.save'),
      at: () => ['devices', this.device],
    };
    return html`${heading(String(entry.name ?? this.device))}
      <p>${words === undefined ? nothing : html`${badge(words)} ${words.text}`}</p>
      ${this.done === '' ? nothing : html`<p class="done" role="status">${this.done}</p>`}
      ${entryForm(site, spec, () => {
        this.done = t('set-up/form.saved');
      })}`;
  }
}

customElements.define('forpost-device-place', DevicePlace);
