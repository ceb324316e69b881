/** The devices of the site, those of the document: with their state, where they have one. A site may have thousands. */
import type { DeviceStatus } from '@forpost/shared/event/status.ts';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Fields } from '../../../view.ts';
import { setUpAddress } from '../../route.ts';
import { deviceStateWords } from '../../words.ts';
import type { AreaParts } from '../area.ts';
import { heading, rowTo } from '../parts.ts';
import { t } from '../texts.ts';
import { addStep } from './steps.ts';

const mostShown = 100;
/** a shorter list needs no search */
const searchFrom = 12;

class DeviceList extends LitElement {
  static override properties = { parts: { attribute: false }, search: { state: true } };
  declare parts: AreaParts;
  declare search: string;

  constructor() {
    super();
    this.search = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const devices = this.parts.site.entries('devices');
    const wanted = this.search.trim().toLocaleLowerCase();
    const found = devices.filter(
      ({ id, name, place, topic }) =>
        wanted === '' ||
        [id, name, place, topic].some((one) =>
          String(one ?? '')
            .toLocaleLowerCase()
            .includes(wanted),
        ),
    );
    const states = new Map(this.parts.status.devices.map((device) => [device.id as string, device]));
    return html`${heading(t('set-up/devices.title'), devices.length === 0 ? nothing : devices.length)}
      <p class="form-buttons"><a class="button primary" href=${setUpAddress('devices', addStep)}>${t('set-up/devices.add')}</a></p>
      ${
        devices.length < searchFrom
          ? nothing
          : html`<label class="search">${t('set-up/devices.search')}<input type="search" .value=${this.search} @input=${(
              event: Event,
            ) => {
              this.search = (event.currentTarget as HTMLInputElement).value;
            }} /></label>`
      }
      ${
        found.length === 0
          ? html`<p class="card quiet">${devices.length === 0 ? t('set-up/devices.none') : t('set-up/devices.none-found')}</p>`
          : html`<ul class="rows card">${found.slice(0, mostShown).map((device) => this.#row(device, states.get(String(device.id))))}</ul>`
      }
      ${found.length > mostShown ? html`<p class="muted">${t('set-up/devices.more', { shown: mostShown, all: found.length })}</p>` : nothing}`;
  }

  #row({ id, name, place }: Fields, status: DeviceStatus | undefined): TemplateResult {
    const about = [place, id].filter((one) => one !== undefined && one !== '').join(' · ');
    const state = status === undefined ? undefined : deviceStateWords(status, this.parts.nowMs);
    const dot =
      state === undefined
        ? nothing
        : html`<span class="dot ${state.tone}" role="img" aria-label=${state.label}></span>`;
    return rowTo(['devices', String(id)], name ?? id, about, dot);
  }
}

customElements.define('forpost-device-list', DeviceList);
