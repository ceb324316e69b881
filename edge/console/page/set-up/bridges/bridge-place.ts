/** The place of one bridge: its state, the devices behind it, those that it has found, its form, messages and credentials. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Fields } from '../../../view.ts';
import { badge } from '../../parts.ts';
import { deviceStateWords } from '../../words.ts';
import type { AreaParts } from '../area.ts';
import '../devices/messages.ts';
import '../entries/credentials.ts';
import { removeEntry } from '../entries/remove-entry.ts';
import { entryForm } from '../form/form.ts';
import { gone, heading, rowTo } from '../parts.ts';
import { t } from '../texts.ts';
import { bridgeFields } from './fields.ts';
import './found-devices.ts';

/** The list of all devices has a search. */
const mostShown = 200;

class BridgePlace extends LitElement {
  static override properties = { parts: { attribute: false }, bridge: { attribute: false }, done: { state: true } };
  declare parts: AreaParts;
  /** its id */
  declare bridge: string;
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
    if (changed.has('bridge')) this.done = '';
  }

  override render(): TemplateResult {
    const { site, status, nowMs, go } = this.parts;
    const { bridge } = this;
    const entry = site.entry('bridges', bridge);
    if (entry === undefined) return html`${heading(bridge)}${gone()}`;
    const name = String(entry.name ?? bridge);
    const state = status.devices.find(({ id }) => id === bridge);
    const words = state === undefined ? undefined : deviceStateWords(state, nowMs);
    const spec = {
      key: `bridges/${bridge}`,
      fields: bridgeFields,
      save: t('set-up/form.save'),
      at: () => ['bridges', bridge],
    };
    return html`${heading(name, html`<code>${bridge}</code>`)}
      <p class="state">${words === undefined ? nothing : html`${badge(words)} ${words.text}`}</p>
      <forpost-found-devices .parts=${this.parts} .bridge=${bridge}></forpost-found-devices>
      ${this.#behind(entry)}
      <h3>${t('set-up/bridges.itself')}</h3>
      ${this.done === '' ? nothing : html`<p class="done" role="status">${this.done}</p>`}
      ${entryForm(site, spec, () => {
        this.done = t('set-up/form.saved');
      })}
      <forpost-device-messages .device=${bridge} .nowMs=${nowMs}></forpost-device-messages>
      <forpost-credentials .principal=${bridge} .nowMs=${nowMs}></forpost-credentials>
      ${removeEntry(site, ['bridges', bridge], name, () => go())}`;
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
