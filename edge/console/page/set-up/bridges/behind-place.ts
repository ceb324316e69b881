/** The place of one device behind a bridge: its state, its form, and its end. It has no log-in of its own. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { badge } from '../../parts.ts';
import { setUpAddress } from '../../route.ts';
import { deviceStateWords } from '../../words.ts';
import type { AreaParts } from '../area.ts';
import { removeEntry } from '../entries/remove-entry.ts';
import { entryForm } from '../form/form.ts';
import { gone, heading } from '../parts.ts';
import { t } from '../texts.ts';
import { behindFields } from './fields.ts';

class BehindPlace extends LitElement {
  static override properties = {
    parts: { attribute: false },
    bridge: { attribute: false },
    device: { attribute: false },
    done: { state: true },
  };
  declare parts: AreaParts;
  /** id of the bridge */
  declare bridge: string;
  /** its own id */
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

  override render(): TemplateResult {
    const { site, status, nowMs, go } = this.parts;
    const { bridge, device } = this;
    const at = ['bridges', bridge, 'devices', device];
    const entry = site.at(at) as { readonly name?: unknown } | undefined;
    if (entry === undefined) return html`${heading(device)}${gone()}`;
    const name = String(entry.name ?? device);
    const state = status.devices.find(({ id }) => id === device);
    const words = state === undefined ? undefined : deviceStateWords(state, nowMs);
    const spec = {
      key: `bridges/${bridge}/devices/${device}`,
      fields: behindFields,
      save: t('set-up/form.save'),
      at: () => at,
    };
    const nameOfBridge = String(site.entry('bridges', bridge)?.name ?? bridge);
    return html`${heading(name, html`<code>${device}</code>`)}
      <p class="state">${words === undefined ? nothing : html`${badge(words)} ${words.text}`}</p>
      <p><a href=${setUpAddress('bridges', bridge)}>${t('set-up/bridges.behind', { name: nameOfBridge })}</a></p>
      ${this.done === '' ? nothing : html`<p class="done" role="status">${this.done}</p>`}
      ${entryForm(site, spec, () => {
        this.done = t('set-up/form.saved');
      })}
      ${removeEntry(site, at, name, () => go(bridge))}`;
  }
}

customElements.define('forpost-behind-place', BehindPlace);
