/** The place of one device: its state, its form, its messages, its credentials, and its end. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { badge } from '../../parts.ts';
import { setUpAddress } from '../../route.ts';
import { deviceStateWords } from '../../words.ts';
import type { AreaParts } from '../area.ts';
import { mayBeBridge } from '../bridges/fields.ts';
import '../entries/credentials.ts';
import { removeEntry } from '../entries/remove-entry.ts';
import { entryForm } from '../form/form.ts';
import { gone, heading } from '../parts.ts';
import { t } from '../texts.ts';
import { deviceFields } from './fields.ts';
import { makeBridge } from './make-bridge.ts';
import './messages.ts';

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

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('device')) this.done = '';
  }

  #toBridge(): void {
    location.hash = setUpAddress('bridges', this.device);
  }

  override render(): TemplateResult {
    const { site, status, nowMs, go } = this.parts;
    const { device } = this;
    const entry = site.entry('devices', device);
    if (entry === undefined) return html`${heading(device)}${gone()}`;
    const name = String(entry.name ?? device);
    const state = status.devices.find(({ id }) => id === device);
    const words = state === undefined ? undefined : deviceStateWords(state, nowMs);
    const spec = {
      key: `devices/${device}`,
      fields: deviceFields,
      save: t('set-up/form.save'),
      at: () => ['devices', device],
    };
    return html`${heading(name, html`<code>${device}</code>`)}
      <p class="state">${words === undefined ? nothing : html`${badge(words)} ${words.text}`}</p>
      ${this.done === '' ? nothing : html`<p class="done" role="status">${this.done}</p>`}
      ${entryForm(site, spec, () => {
        this.done = t('set-up/form.saved');
      })}
      ${mayBeBridge.includes(entry.decoder) ? makeBridge(site, entry, () => this.#toBridge()) : nothing}
      <forpost-device-messages .device=${device} .nowMs=${nowMs}></forpost-device-messages>
      <forpost-credentials .principal=${device} .nowMs=${nowMs}></forpost-credentials>
      ${removeEntry(site, ['devices', device], name, () => go())}`;
  }
}

customElements.define('forpost-device-place', DevicePlace);
