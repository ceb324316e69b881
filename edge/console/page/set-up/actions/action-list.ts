/** The actions of the site with what each does, whether it works, and a button that tries it. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { ActionForms, SiteAction } from '../../../view.ts';
import { setUpAddress } from '../../route.ts';
import type { AreaParts } from '../area.ts';
import { heading, rowTo } from '../parts.ts';
import { fetchActionForms, fetchActions } from '../rules/calls.ts';
import { say, t } from '../rules/texts.ts';
import { t as ofSetUp } from '../texts.ts';
import './try-button.ts';

class ActionList extends LitElement {
  static override properties = {
    parts: { attribute: false },
    choosing: { attribute: false },
    actions: { state: true },
    forms: { state: true },
    problem: { state: true },
  };
  declare parts: AreaParts;
  declare choosing: boolean;
  declare actions: readonly SiteAction[];
  declare forms: ActionForms | undefined;
  declare problem: string;
  #loadedFor = '';

  constructor() {
    super();
    this.actions = [];
    this.forms = undefined;
    this.problem = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override willUpdate(): void {
    const { sha256 } = this.parts.site.revision;
    if (sha256 === this.#loadedFor) return;
    this.#loadedFor = sha256;
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      [this.actions, this.forms] = await Promise.all([fetchActions(), fetchActionForms()]);
      this.problem = '';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  override render(): TemplateResult {
    if (this.problem !== '')
      return html`${heading(ofSetUp('set-up/actions.title'))}<p class="card quiet bad" role="alert">${this.problem}</p>`;
    if (this.choosing)
      return html`${heading(t('rule/page.new-action'))}
        <ul class="rows card">${this.forms?.kinds.map(({ kind, title, titleI18n }) => rowTo(['actions', '+', kind], say(titleI18n, title), kind))}</ul>`;
    return html`${heading(ofSetUp('set-up/actions.title'))}
      <p class="form-buttons"><a class="button primary" href=${setUpAddress('actions', '+')}>${t('rule/page.add-action')}</a></p>
      <p class="muted">${t('rule/page.try-about')}</p>
      ${this.actions.map((action) => this.#card(action))}`;
  }

  #card({ id, name, sentence, sentenceI18n, config, problem, problemI18n }: SiteAction): TemplateResult {
    const isOff = (config as { readonly enabled?: boolean } | undefined)?.enabled === false;
    return html`<div class="card action-card">
      <h3>${config === undefined ? t('rule/page.built-in') : html`<a href=${setUpAddress('actions', id)}>${name}</a>`}
        ${isOff ? html`<span class="badge">${t('rule/page.off')}</span>` : nothing}</h3>
      <p>${say(sentenceI18n, sentence)}</p>
      ${problem === undefined ? nothing : html`<p class="failure">${say(problemI18n, problem)}</p>`}
      ${isOff ? nothing : html`<forpost-try-button .action=${id} .name=${name}></forpost-try-button>`}
    </div>`;
  }
}

customElements.define('forpost-action-list', ActionList);
