/** The rules of the site with what each does, and the choice of the kind of a new one. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { RuleForms, SiteRule } from '../../../view.ts';
import { setUpAddress } from '../../route.ts';
import type { AreaParts } from '../area.ts';
import { heading, rowTo } from '../parts.ts';
import { t as ofSetUp } from '../texts.ts';
import { fetchRuleForms, fetchRules } from './calls.ts';
import { say, t } from './texts.ts';

class RuleList extends LitElement {
  static override properties = {
    parts: { attribute: false },
    choosing: { attribute: false },
    rules: { state: true },
    forms: { state: true },
    problem: { state: true },
  };
  declare parts: AreaParts;
  /** the kind of a new rule is being chosen */
  declare choosing: boolean;
  declare rules: readonly SiteRule[] | undefined;
  declare forms: RuleForms | undefined;
  declare problem: string;
  #loadedFor = '';

  constructor() {
    super();
    this.rules = undefined;
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
      [this.rules, this.forms] = await Promise.all([fetchRules(), fetchRuleForms()]);
      this.problem = '';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  override render(): TemplateResult {
    if (this.problem !== '')
      return html`${heading(ofSetUp('set-up/rules.title'))}<p class="card quiet bad" role="alert">${this.problem}</p>`;
    return this.choosing ? this.#kinds() : this.#list();
  }

  #kinds(): TemplateResult {
    const kinds = this.forms?.kinds ?? [];
    return html`${heading(t('rule/page.new-rule'))}
      <p>${t('rule/page.choose-kind')}</p>
      <ul class="rows card">${kinds.map(({ kind, title, titleI18n }) => rowTo(['rules', '+', kind], say(titleI18n, title), kind))}</ul>`;
  }

  #list(): TemplateResult {
    const rules = this.rules ?? [];
    const active = new Set(this.parts.status.alarms.filter((one) => one.active).map(({ rule }) => String(rule)));
    return html`${heading(ofSetUp('set-up/rules.title'), rules.length === 0 ? nothing : rules.length)}
      <p class="form-buttons"><a class="button primary" href=${setUpAddress('rules', '+')}>${t('rule/page.add-rule')}</a></p>
      ${
        rules.length === 0
          ? html`<p class="card quiet">${this.rules === undefined ? '' : t('rule/page.no-rules')}</p>`
          : html`<ul class="rows card">${rules.map((rule) => {
              const off = (rule.config as { readonly enabled?: boolean }).enabled === false;
              const does = say(rule.sentenceI18n, rule.sentence);
              if (this.parts.site.entry('rules', rule.id) === undefined)
                return html`<li class="standing"><span class="name">${rule.name}</span> <span class="muted">${does} ${t('rule/page.by-gateway')}</span></li>`;
              const note = off ? t('rule/page.off') : active.has(rule.id) ? t('rule/page.active') : '';
              const mark = note === '' ? nothing : html`<span class="badge ${off ? '' : 'bad'}">${note}</span>`;
              return rowTo(['rules', rule.id], rule.name, does, mark);
            })}</ul>`
      }`;
  }
}

customElements.define('forpost-rule-list', RuleList);
