/**
 * An alarm's pictures and clip. Each view is recorded as an event, so nothing is fetched before a person opens it. A piece
 * that cannot be shown has a sentence in its place: it may have been deleted meanwhile.
 */

import type { EvidenceReference } from '@forpost/shared/event/event.ts';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { base } from './base.ts';
import { table } from './table.ts';
import { t } from './texts.ts';

const words = table<string>({
  picture: t('gateway-page/evidence.picture'),
  best: t('gateway-page/evidence.best'),
  clip: t('gateway-page/evidence.clip'),
});

export class EvidenceView extends LitElement {
  static override properties = { items: { attribute: false }, opened: { state: true }, failed: { state: true } };
  declare items: readonly EvidenceReference[];
  declare opened: boolean;
  /** ids of the pieces that could not be shown */
  declare failed: ReadonlySet<string>;

  constructor() {
    super();
    this.items = [];
    this.opened = false;
    this.failed = new Set();
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const clips = this.items.filter(({ kind }) => kind === 'clip').length;
    const pictures = this.items.length - clips;
    const what = [
      pictures === 0 ? '' : t('gateway-page/evidence.pictures', { count: pictures }),
      clips === 0 ? '' : t('gateway-page/evidence.clips', { count: clips }),
    ]
      .filter((text) => text !== '')
      .join(', ');
    return html`<button aria-expanded=${this.opened} @click=${() => {
      this.opened = !this.opened;
      this.failed = new Set();
    }}>${this.opened ? t('gateway-page/evidence.hide', { what }) : t('gateway-page/evidence.show', { what })}</button>
      ${this.opened ? html`<ul class="evidence">${this.items.map((item) => this.#piece(item))}</ul>` : nothing}`;
  }

  #piece({ id, kind = 'picture', media }: EvidenceReference): TemplateResult {
    const address = `${base}/api/v1/evidence/${id}`;
    const name = words[kind] ?? t('gateway-page/evidence.other');
    const failed = () => {
      this.failed = new Set(this.failed).add(id);
    };
    if (this.failed.has(id))
      return html`<li><p class="not-shown">${t('gateway-page/evidence.not-shown', { name })}</p></li>`;
    return html`<li><figure>
      ${
        media === 'video/mp4'
          ? html`<video src=${address} controls playsinline preload="metadata" @error=${failed}></video>`
          : html`<a href=${address} target="_blank"><img src=${address} alt=${name} @error=${failed} /></a>`
      }
      <p class="muted">${name}</p>
    </figure></li>`;
  }
}

customElements.define('forpost-evidence', EvidenceView);
