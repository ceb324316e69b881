/** The place of one device: its state, its form, its messages, its credentials, and its end. */
import { html, nothing, type TemplateResult } from 'lit';
import { setUpAddress } from '../../route.ts';
import { mayBeBridge } from '../bridges/fields.ts';
import '../entries/credentials.ts';
import { EntryPlace } from '../entries/entry-place.ts';
import { removeEntry } from '../entries/remove-entry.ts';
import { gone, heading } from '../parts.ts';
import { deviceFields } from './fields.ts';
import { makeBridge } from './make-bridge.ts';
import './messages.ts';

class DevicePlace extends EntryPlace {
  static override properties = { ...EntryPlace.properties, device: { attribute: false } };
  /** its id */
  declare device: string;

  protected override get shown(): string {
    return this.device;
  }

  #toBridge(): void {
    location.hash = setUpAddress('bridges', this.device);
  }

  override render(): TemplateResult {
    const { site, nowMs, go } = this.parts;
    const { device } = this;
    const at = ['devices', device];
    const entry = site.entry('devices', device);
    if (entry === undefined) return html`${heading(device)}${gone()}`;
    const name = String(entry.name ?? device);
    return html`${heading(name, html`<code>${device}</code>`)}
      ${this.stateOf(device)}
      ${this.form(at, deviceFields)}
      ${mayBeBridge.includes(entry.decoder) ? makeBridge(site, entry, () => this.#toBridge()) : nothing}
      <forpost-device-messages .device=${device} .nowMs=${nowMs}></forpost-device-messages>
      <forpost-credentials .principal=${device} .nowMs=${nowMs}></forpost-credentials>
      ${removeEntry(site, at, name, () => go())}`;
  }
}

customElements.define('forpost-device-place', DevicePlace);
