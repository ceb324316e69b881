/** An alarm's pictures and clip. Each look is written down, so nothing is fetched before somebody asks. */
import type { EvidenceReference } from '@forpost/shared/event/event.ts';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { plural } from './format.ts';

const words: Readonly<Record<string, string>> = { picture: 'At the alarm', best: 'Best view', clip: 'Clip' };

export class EvidenceView extends LitElement {
  static override properties = { items: { attribute: false }, opened: { state: true } };
  declare items: readonly EvidenceReference[];
  declare opened: boolean;

  constructor() {
    super();
    this.items = [];
    this.opened = false;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const clips = this.items.filter(({ kind }) => kind === 'clip').length;
    const pictures = this.items.length - clips;
    const what = [pictures === 0 ? '' : plural(pictures, 'picture'), clips === 0 ? '' : plural(clips, 'clip')]
      .filter((text) => text !== '')
      .join(', ');
    return html`<button aria-expanded=${this.opened} @click=${() => {
      this.opened = !this.opened;
    }}>${this.opened ? 'Hide' : 'Show'} ${what}</button>
      ${this.opened ? html`<ul class="evidence">${this.items.map((item) => this.#piece(item))}</ul>` : nothing}`;
  }

  #piece({ id, kind = 'picture', media }: EvidenceReference): TemplateResult {
    const address = `/api/v1/evidence/${id}`;
    const name = words[kind] ?? 'Picture';
    return html`<li><figure>
      ${
        media === 'video/mp4'
          ? html`<video src=${address} controls playsinline preload="metadata"></video>`
          : html`<a href=${address} target="_blank"><img src=${address} alt=${name} /></a>`
      }
      <p class="muted">${name}</p>
    </figure></li>`;
  }
}

customElements.define('forpost-evidence', EvidenceView);
