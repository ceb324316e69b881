/** The cameras of the site, with their state. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Fields } from '../../../view.ts';
import { setUpAddress } from '../../route.ts';
import { cameraStateWords } from '../../words.ts';
import type { AreaParts } from '../area.ts';
import { heading, rowTo } from '../parts.ts';
import { t } from '../texts.ts';
import { addStep } from './steps.ts';

class CameraList extends LitElement {
  static override properties = { parts: { attribute: false } };
  declare parts: AreaParts;

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const cameras = this.parts.site.entries('cameras');
    return html`${heading(t('set-up/cameras.title'), cameras.length === 0 ? nothing : cameras.length)}
      <p class="form-buttons"><a class="button primary" href=${setUpAddress('cameras', addStep)}>${t('set-up/cameras.add')}</a></p>
      ${
        cameras.length === 0
          ? html`<p class="card quiet">${t('set-up/cameras.none')}</p>`
          : html`<ul class="rows card">${cameras.map((camera) => this.#row(camera))}</ul>`
      }`;
  }

  #row({ id, name, place }: Fields): TemplateResult {
    const about = [place, id].filter((one) => one !== undefined && one !== '').join(' · ');
    const status = this.parts.status.cameras.find((camera) => camera.id === id);
    const state = status === undefined ? undefined : cameraStateWords(status);
    const dot =
      state === undefined
        ? nothing
        : html`<span class="dot ${state.tone}" role="img" aria-label=${state.label}></span>`;
    return rowTo(['cameras', String(id)], name ?? id, about, dot);
  }
}

customElements.define('forpost-camera-list', CameraList);
