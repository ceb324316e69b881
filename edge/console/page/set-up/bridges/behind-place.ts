/** The place of one device behind a bridge: its state, its form, and its end. It has no log-in of its own. */
import { html, type TemplateResult } from 'lit';
import { setUpAddress } from '../../route.ts';
import { EntryPlace } from '../entries/entry-place.ts';
import { removeEntry } from '../entries/remove-entry.ts';
import { gone, heading } from '../parts.ts';
import { t } from '../texts.ts';
import { behindFields } from './fields.ts';

class BehindPlace extends EntryPlace {
  static override properties = {
    ...EntryPlace.properties,
    bridge: { attribute: false },
    device: { attribute: false },
  };
  /** id of the bridge */
  declare bridge: string;
  /** its own id */
  declare device: string;

  protected override get shown(): string {
    return this.device;
  }

  override render(): TemplateResult {
    const { site, go } = this.parts;
    const { bridge, device } = this;
    const at = ['bridges', bridge, 'devices', device];
    const entry = site.at(at) as { readonly name?: unknown } | undefined;
    if (entry === undefined) return html`${heading(device)}${gone()}`;
    const name = String(entry.name ?? device);
    const nameOfBridge = String(site.entry('bridges', bridge)?.name ?? bridge);
    return html`${heading(name, html`<code>${device}</code>`)}
      ${this.stateOf(device)}
      <p><a href=${setUpAddress('bridges', bridge)}>${t('set-up/bridges.behind', { name: nameOfBridge })}</a></p>
      ${this.form(at, behindFields)}
      ${removeEntry(site, at, name, () => go(bridge))}`;
  }
}

customElements.define('forpost-behind-place', BehindPlace);
