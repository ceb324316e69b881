/** The place of one action, or of a new one: its form, made from what the gateway says of its kind, and the test. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { ActionForms, RuleForms } from '../../../view.ts';
import type { AreaParts } from '../area.ts';
import { suggestedId } from '../entries/taken-id.ts';
import type { FormSpec } from '../form/form.ts';
import { entryForm } from '../form/form.ts';
import { gone, heading } from '../parts.ts';
import { fetchActionForms, fetchRuleForms } from '../rules/calls.ts';
import { fieldsFor } from '../rules/fields.ts';
import { removal } from '../rules/removal.ts';
import { say, t } from '../rules/texts.ts';
import { t as ofSetUp } from '../texts.ts';
import './action-secrets.ts';
import './try-button.ts';

class ActionPlace extends LitElement {
  static override properties = {
    parts: { attribute: false },
    action: { attribute: false },
    newKind: { attribute: false },
    forms: { state: true },
    site: { state: true },
    problem: { state: true },
    done: { state: true },
    removing: { state: true },
  };
  declare parts: AreaParts;
  /** its id; empty: it is new */
  declare action: string;
  declare newKind: string;
  declare forms: ActionForms | undefined;
  declare site: RuleForms['site'] | undefined;
  declare problem: string;
  declare done: string;
  declare removing: boolean;
  #id = '';

  constructor() {
    super();
    this.forms = undefined;
    this.site = undefined;
    this.problem = '';
    this.done = '';
    this.removing = false;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      const [forms, { site }] = await Promise.all([fetchActionForms(), fetchRuleForms()]);
      this.forms = forms;
      this.site = site;
      this.problem = '';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  override render(): TemplateResult {
    const { site } = this.parts;
    const isNew = this.action === '';
    const entry = isNew ? undefined : site.entry('actions', this.action);
    const title = isNew ? t('rule/page.new-action') : String(entry?.name ?? this.action);
    if (this.problem !== '') return html`${heading(title)}<p class="card quiet bad" role="alert">${this.problem}</p>`;
    if (this.forms === undefined)
      return html`${heading(title)}<p class="quiet" role="status">${ofSetUp('set-up/loading')}</p>`;
    if (!isNew && entry === undefined) return html`${heading(title)}${gone()}`;
    const kind = isNew ? this.newKind : String(entry?.kind ?? '');
    const form = this.forms.kinds.find((one) => one.kind === kind);
    if (form === undefined)
      return html`${heading(title)}<p class="card quiet">${t('rule/page.unknown-kind', { kind })}</p>`;
    return html`${heading(title)}
      <p class="muted">${say(form.titleI18n, form.title)}</p>
      ${this.done === '' ? nothing : html`<p class="done" role="status">${this.done}</p>`}
      ${entryForm(site, this.#specOf(form, isNew), () => {
        this.done = ofSetUp('set-up/form.saved');
        if (isNew) this.parts.go(this.#id);
      })}
      ${
        isNew
          ? nothing
          : html`${entry?.enabled === false ? nothing : html`<forpost-try-button .action=${this.action} .name=${title}></forpost-try-button>`}
            ${form.secrets.length === 0 ? nothing : html`<forpost-action-secrets .parts=${this.parts} .action=${this.action} .names=${form.secrets}></forpost-action-secrets>`}
            ${removal({
              site,
              path: ['actions', this.action],
              label: t('rule/page.remove-action'),
              ends: [],
              isAsked: this.removing,
              ask: (asked) => {
                this.removing = asked;
              },
              removed: () => this.parts.go(),
              failed: (why) => {
                this.done = why;
              },
            })}`
      }`;
  }

  #specOf({ kind, fields }: ActionForms['kinds'][number], isNew: boolean): FormSpec {
    const common = this.forms?.common ?? [];
    const described = [
      ...common.filter(({ name }) => name === 'name'),
      ...common.filter(({ name }) => isNew && name === 'id'),
      ...fields,
      ...common.filter(({ name }) => name !== 'id' && name !== 'name'),
    ];
    const parts = {
      site: this.site ?? { devices: [], cameras: [], rules: [] },
      kind,
      placeholders: [],
      values: () => ({}),
    };
    return {
      key: isNew ? `actions/+/${kind}` : `actions/${this.action}`,
      fields: fieldsFor(described, parts),
      isNew,
      fixed: { kind },
      save: isNew ? t('rule/page.add-action') : ofSetUp('set-up/form.save'),
      ...(isNew ? { suggest: (values) => suggestedId(this.parts.site, values, 'actions') } : {}),
      at: (values) => {
        this.#id = String(values.id ?? '');
        return ['actions', isNew ? this.#id : this.action];
      },
    };
  }
}

customElements.define('forpost-action-place', ActionPlace);
