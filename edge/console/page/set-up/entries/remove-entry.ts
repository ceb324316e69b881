/**
 * Removes an entry of the document.
 *
 *   button ── tapped ──► asked ── «Remove» ──► removed: `removed`
 *                          │         ├── refused (a rule needs it) ──► the reasons; asked
 *                          └ «Keep» ─┴── others changed the site ──► their changes in words; asked again over them
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { EditPath } from '../../../view.ts';
import type { Saved, SiteStore } from '../site-store.ts';
import { t } from '../texts.ts';

class RemoveEntry extends LitElement {
  static override properties = {
    site: { attribute: false },
    path: { attribute: false },
    name: { attribute: false },
    asked: { state: true },
    busy: { state: true },
    reasons: { state: true },
  };
  declare site: SiteStore;
  declare path: EditPath;
  /** for people */
  declare name: string;
  declare asked: boolean;
  declare busy: boolean;
  /** why it was not removed, a sentence each */
  declare reasons: readonly string[];

  constructor() {
    super();
    this.asked = false;
    this.busy = false;
    this.reasons = [];
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  async #remove(): Promise<void> {
    this.busy = true;
    try {
      this.#answered(await this.site.save([{ remove: this.path }], { seen: this.site.revision.sha256 }));
    } catch (error) {
      this.reasons = [error instanceof Error ? error.message : String(error)];
    } finally {
      this.busy = false;
    }
  }

  #answered(answer: Saved): void {
    if ('saved' in answer) this.dispatchEvent(new CustomEvent('removed', { bubbles: true }));
    else if ('conflict' in answer) this.reasons = [t('set-up/remove.meanwhile'), ...answer.conflict.changes];
    else this.reasons = answer.mistakes.map(({ words }) => words);
  }

  override render(): TemplateResult {
    if (!this.asked)
      return html`<p class="form-buttons"><button type="button" class="danger" @click=${() => this.#ask(true)}>${t('set-up/remove.begin')}</button></p>`;
    return html`<div class="card ask" role="group" aria-label=${t('set-up/remove.ask', { name: this.name })}>
      <p><strong>${t('set-up/remove.ask', { name: this.name })}</strong></p>
      <p class="muted">${t('set-up/remove.undo')}</p>
      ${this.reasons.length === 0 ? nothing : html`<div class="failure" role="alert">${this.reasons.map((reason) => html`<p>${reason}</p>`)}</div>`}
      <div class="form-buttons">
        <button type="button" class="danger" ?disabled=${this.busy} @click=${() => void this.#remove()}>${t('set-up/remove.now')}</button>
        <button type="button" class="plain" ?disabled=${this.busy} @click=${() => this.#ask(false)}>${t('set-up/remove.keep')}</button>
      </div>
    </div>`;
  }

  #ask(asked: boolean): void {
    this.asked = asked;
    this.reasons = [];
    void this.updateComplete.then(() => this.querySelector('button')?.focus());
  }
}

customElements.define('forpost-remove-entry', RemoveEntry);

/** The way to remove an entry. `removed`: after the gateway has removed it. */
export function removeEntry(site: SiteStore, path: EditPath, name: string, removed: () => void): TemplateResult {
  return html`<forpost-remove-entry .site=${site} .path=${path} .name=${name} @removed=${removed}></forpost-remove-entry>`;
}
