/**
 * The area of the history: each revision with its author, its reason and what it changed in words. An older document can be
 * brought back, which is a new revision: nothing is ever lost by it.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { ChangeInWords, Revision } from '../../../view.ts';
import { call } from '../../api.ts';
import { base } from '../../base.ts';
import { clockTime } from '../../format.ts';
import type { AreaModule, AreaParts } from '../area.ts';
import { heading } from '../parts.ts';
import { inWords, type Saved } from '../site-store.ts';
import { t } from '../texts.ts';
import { Work } from '../work.ts';

const changesShown = 8;

class History extends LitElement {
  static override properties = {
    parts: { attribute: false },
    revisions: { state: true },
    asked: { state: true },
    differences: { state: true },
    done: { state: true },
  };
  declare parts: AreaParts;
  /** newest first; undefined before they are loaded */
  declare revisions: readonly Revision[] | undefined;
  /** number of the revision that may be brought back */
  declare asked: number | undefined;
  /** what bringing it back would change; undefined while it is loaded */
  declare differences: readonly string[] | undefined;
  declare done: string;
  readonly #work = new Work(this);
  #loadedFor = '';

  constructor() {
    super();
    this.done = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override willUpdate(): void {
    const { sha256 } = this.parts.site.revision;
    if (this.#loadedFor === sha256) return;
    this.#loadedFor = sha256;
    void this.#work.run(() => this.#load());
  }

  async #load(): Promise<void> {
    const answer = await call(`${base}/api/v1/site/revisions`);
    this.revisions = ((await answer.json()) as { readonly revisions: readonly Revision[] }).revisions;
  }

  async #ask(number: number | undefined): Promise<void> {
    this.asked = number;
    this.differences = undefined;
    this.done = '';
    if (number === undefined) return;
    await this.#work.run(async () => {
      const answer = await call(`${base}/api/v1/site/diff?from=${this.parts.site.revision.number}&to=${number}`);
      const { changes } = (await answer.json()) as { readonly changes: readonly ChangeInWords[] };
      this.differences = changes.map(inWords);
    });
  }

  async #undo(number: number): Promise<void> {
    const { site } = this.parts;
    await this.#answered(await site.undo(number, { seen: site.revision.sha256 }), number);
  }

  async #answered(answer: Saved, number: number): Promise<void> {
    if ('saved' in answer) {
      this.asked = undefined;
      this.done = t('set-up/history.done', { number });
    } else if ('conflict' in answer) {
      await this.#ask(number);
      this.#work.problem = [t('set-up/remove.meanwhile'), ...answer.conflict.changes].join(' ');
    } else this.#work.problem = answer.mistakes.map(({ words }) => words).join(' ');
  }

  override render(): TemplateResult {
    const { revisions, done } = this;
    const { problem } = this.#work;
    return html`${heading(t('set-up/history.title'))}
      <p class="muted">${t('set-up/history.what')}</p>
      ${problem === '' ? nothing : html`<p class="failure" role="alert">${problem}</p>`}
      ${done === '' ? nothing : html`<p class="done" role="status">${done}</p>`}
      ${revisions === undefined ? html`<p class="quiet">${t('set-up/loading')}</p>` : html`<ol class="rows card history">${revisions.map((one, index) => this.#revision(one, index === 0))}</ol>`}`;
  }

  #revision({ number, at, author, why, changes }: Revision, isNewest: boolean): TemplateResult {
    const more = changes.length - changesShown;
    return html`<li>
      <p><strong>${t('set-up/history.revision', { number })}</strong> <span class="muted">${clockTime(at, this.parts.nowMs)} · ${authorWords(author)}</span></p>
      ${why === '' ? nothing : html`<p>«${why}»</p>`}
      <ul class="changes">${changes.slice(0, changesShown).map((change) => html`<li>${inWords(change)}</li>`)}</ul>
      ${more > 0 ? html`<p class="muted">${t('set-up/history.more', { count: more })}</p>` : nothing}
      ${isNewest ? html`<p class="muted">${t('set-up/history.now')}</p>` : this.asked === number ? this.#asking(number) : this.#bringBack(number)}
    </li>`;
  }

  #bringBack(number: number): TemplateResult {
    return html`<button type="button" class="plain" ?disabled=${this.#work.busy} @click=${() => void this.#ask(number)}>${t('set-up/history.undo')}</button>`;
  }

  #asking(number: number): TemplateResult {
    const { differences } = this;
    const { busy } = this.#work;
    return html`<div class="ask" role="group">
      <p><strong>${t('set-up/history.ask', { number })}</strong></p>
      ${differences === undefined ? html`<p class="muted">${t('set-up/loading')}</p>` : html`<ul class="changes">${differences.map((change) => html`<li>${change}</li>`)}</ul>`}
      <div class="form-buttons">
        <button type="button" class="primary" ?disabled=${busy || differences === undefined} @click=${() => void this.#work.run(() => this.#undo(number))}>${t('set-up/history.undo-now')}</button>
        <button type="button" class="plain" ?disabled=${busy} @click=${() => void this.#ask(undefined)}>${t('set-up/history.keep')}</button>
      </div>
    </div>`;
  }
}

function authorWords({ kind, name }: Revision['author']): string {
  const who = name === '' ? t('set-up/history.somebody') : name;
  switch (kind) {
    case 'page':
      return who;
    case 'centre':
      return t('set-up/history.at-centre', { name: who });
    case 'file':
      return t('set-up/history.by-file');
    default:
      return t('set-up/history.on-command-line', { name: who });
  }
}

customElements.define('forpost-history', History);

export const { view }: AreaModule = {
  view: (parts: AreaParts) => html`<forpost-history .parts=${parts}></forpost-history>`,
};
