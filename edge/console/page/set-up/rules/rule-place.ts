/**
 * The place of one rule, or of a new one: its form, made from what the gateway says of its kind; below it what the rule does
 * in a sentence, and what it would have done in the last day.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Fields, RuleForms } from '../../../view.ts';
import type { AreaParts } from '../area.ts';
import { suggestedId } from '../entries/taken-id.ts';
import { read } from '../form/edits.ts';
import type { Field, Values } from '../form/fields.ts';
import { entryForm, type FormSpec } from '../form/form.ts';
import { gone, heading } from '../parts.ts';
import { t as ofSetUp } from '../texts.ts';
import { fetchRuleForms } from './calls.ts';
import { fieldsFor } from './fields.ts';
import { removal } from './removal.ts';
import './rule-preview.ts';
import { say, t } from './texts.ts';

class RulePlace extends LitElement {
  static override properties = {
    parts: { attribute: false },
    rule: { attribute: false },
    newKind: { attribute: false },
    forms: { state: true },
    problem: { state: true },
    done: { state: true },
    removing: { state: true },
  };
  declare parts: AreaParts;
  /** its id; empty: it is new */
  declare rule: string;
  declare newKind: string;
  declare forms: RuleForms | undefined;
  declare problem: string;
  declare done: string;
  declare removing: boolean;
  /** as the form has them: fields depend on one another */
  #values: Values = {};

  constructor() {
    super();
    this.forms = undefined;
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
      this.forms = await fetchRuleForms();
      this.problem = '';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  override render(): TemplateResult {
    const { site, status } = this.parts;
    const isNew = this.rule === '';
    const entry = isNew ? undefined : site.entry('rules', this.rule);
    const title = isNew ? t('rule/page.new-rule') : String(entry?.name ?? this.rule);
    if (this.problem !== '') return html`${heading(title)}<p class="card quiet bad" role="alert">${this.problem}</p>`;
    if (this.forms === undefined)
      return html`${heading(title)}<p class="quiet" role="status">${ofSetUp('set-up/loading')}</p>`;
    if (!isNew && entry === undefined) return html`${heading(title)}${gone()}`;
    const kind = isNew ? this.newKind : String(entry?.kind ?? '');
    const form = this.forms.kinds.find((one) => one.kind === kind);
    if (form === undefined)
      return html`${heading(title)}<p class="card quiet">${t('rule/page.unknown-kind', { kind })}</p>`;
    const spec = this.#specOf(form, isNew);
    const ends = status.alarms.filter((alarm) => alarm.active && alarm.rule === this.rule);
    return html`${heading(title)}
      <p class="muted">${say(form.titleI18n, form.title)}</p>
      ${this.done === '' ? nothing : html`<p class="done" role="status">${this.done}</p>`}
      ${entryForm(site, spec, () => {
        this.done = ofSetUp('set-up/form.saved');
        if (isNew) this.parts.go(String(this.#values.id ?? ''));
      })}
      ${
        isNew
          ? nothing
          : removal({
              site,
              path: ['rules', this.rule],
              label: t('rule/page.remove-rule'),
              ends: ends.map(({ message, message_i18n: i18n }) => say(i18n, message)),
              isAsked: this.removing,
              ask: (asked) => {
                this.removing = asked;
              },
              removed: () => this.parts.go(),
              failed: (why) => {
                this.done = why;
              },
            })
      }`;
  }

  #specOf(form: RuleForms['kinds'][number], isNew: boolean): FormSpec {
    const { kind, placeholders } = form;
    const parts = { site: this.forms?.site ?? noSite, kind, placeholders, values: () => this.#values };
    const common = (this.forms?.common ?? []).filter(({ name }) => name !== 'id');
    const id = (this.forms?.common ?? []).filter(({ name }) => name === 'id');
    const fields: readonly Field[] = fieldsFor(
      [...common.slice(0, 1), ...(isNew ? id : []), ...form.fields, ...common.slice(1)],
      parts,
    );
    return {
      key: isNew ? `rules/+/${kind}` : `rules/${this.rule}`,
      fields,
      isNew,
      fixed: { kind },
      save: isNew ? t('rule/page.add-rule') : ofSetUp('set-up/form.save'),
      at: (values) => ['rules', isNew ? String(values.id ?? '') : this.rule],
      ...(isNew ? { suggest: (values: Values) => suggestedId(this.parts.site, values, 'rules') } : {}),
      check: (values) =>
        isNew && this.parts.site.entry('rules', String(values.id ?? '')) !== undefined
          ? [
              {
                path: ['rules', String(values.id), 'id'],
                words: ofSetUp('set-up/field.id-taken', { id: String(values.id) }),
              },
            ]
          : [],
      more: (values) => {
        this.#remember(values);
        return html`<forpost-rule-preview .draft=${draftOf(fields, values, kind, this.rule)}></forpost-rule-preview>`;
      },
    };
  }

  /** The choices of some fields depend on other fields: they are drawn again when those change. */
  #remember(values: Values): void {
    const isOther = ['device', 'camera', 'metric'].some((name) => values[name] !== this.#values[name]);
    this.#values = values;
    if (isOther) queueMicrotask(() => this.requestUpdate());
  }
}

const noSite: RuleForms['site'] = { devices: [], cameras: [], rules: [] };

/** The rule as it is typed; undefined while a field cannot be read. */
function draftOf(fields: readonly Field[], values: Values, kind: string, id: string): Fields | undefined {
  const own = typeof values.id === 'string' && values.id !== '' ? values.id : id;
  const typed = { ...values, id: own === '' ? 'new' : own };
  const result = read({ fields, typed, now: undefined, at: ['rules', own], fixed: { kind } });
  if ('mistakes' in result) return undefined;
  const [edit] = result.edits;
  return edit === undefined || !('set' in edit) ? undefined : { ...(edit.value as Fields), id: typed.id, kind };
}

customElements.define('forpost-rule-place', RulePlace);
