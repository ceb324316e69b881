/** The place of one bridge: its state, the devices behind it, those that it has found, its form, messages and credentials. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Fields } from '../../../view.ts';
import '../devices/messages.ts';
import '../entries/credentials.ts';
import { EntryPlace } from '../entries/entry-place.ts';
import { removeEntry } from '../entries/remove-entry.ts';
import { gone, heading, rowTo } from '../parts.ts';
import { t } from '../texts.ts';
import { bridgeFields } from './fields.ts';
import './found-devices.ts';

/** The list of all devices has a search. */
const mostShown = 200;

class BridgePlace extends EntryPlace {
  static override properties = { ...EntryPlace.properties, bridge: { attribute: false } };
  /** its id */
  declare bridge: string;

  protected override get shown(): string {
    return this.bridge;
  }

  override render(): TemplateResult {
    const { site, nowMs, go } = this.parts;
    const { bridge } = this;
    const at = ['bridges', bridge];
    const entry = site.entry('bridges', bridge);
    if (entry === undefined) return html`${heading(bridge)}${gone()}`;
    const name = String(entry.name ?? bridge);
    return html`${heading(name, html`<code>${bridge}</code>`)}
      ${this.stateOf(bridge)}
      <forpost-found-devices .parts=${this.parts} .bridge=${bridge}></forpost-found-devices>
      ${this.#behind(entry)}
      <h3>${t('set-up/bridges.itself')}</h3>
      ${this.form(at, bridgeFields)}
      <forpost-device-messages .device=${bridge} .nowMs=${nowMs}></forpost-device-messages>
      <forpost-credentials .principal=${bridge} .nowMs=${nowMs}></forpost-credentials>
      ${removeEntry(site, at, name, () => go())}`;
  }

  #behind({ devices }: Fields): TemplateResult {
    const list = Array.isArray(devices) ? (devices as readonly Fields[]) : [];
    const row = ({ id, name, place, source }: Fields) =>
      rowTo(
        ['bridges', this.bridge, String(id)],
        String(name ?? id),
        [place, source].filter((one) => typeof one === 'string' && one !== '').join(' · '),
      );
    return html`<h3>${t('set-up/bridges.devices')} <span class="note">${list.length}</span></h3>
      ${list.length === 0 ? html`<p class="card quiet">${t('set-up/bridges.devices-none')}</p>` : html`<ul class="rows card">${list.slice(0, mostShown).map(row)}</ul>`}
      ${list.length > mostShown ? html`<p class="muted">${t('set-up/entries.more', { shown: mostShown, all: list.length })}</p>` : nothing}`;
  }
}

customElements.define('forpost-bridge-place', BridgePlace);
