/**
 * A form over one entry of the site's document.
 *
 *   opened ── typed ──► draft (kept in the tab) ── Save ──► being saved ── saved ──► `saved`; the draft is gone
 *     ▲                   ▲   ▲                               ├── refused ──► mistakes at their fields, focus on the first
 *     └──── discarded ────┘   └── no answer ─────────────────┤
 *                             ◄── keep mine ── conflict ◄─────┘ others changed the site meanwhile: their changes in words
 *                                              └── drop mine ──► opened, with what the gateway has now
 *
 * Always: a form without a draft shows what the document says now; one with a draft is saved over the revision over which
 * it was begun, so nobody's change is overwritten unseen; what is typed is lost only by «discard», «drop mine» and a save.
 * An answer that comes after the person has left the form ends its draft and nothing else.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { Edit, EditPath, Fields } from '../../../view.ts';
import { LoggedOutError } from '../../api.ts';
import { base } from '../../base.ts';
import { focusAgain } from '../parts.ts';
import type { Conflict, Mistake, Saved, SaveOptions, SiteStore } from '../site-store.ts';
import { t } from '../texts.ts';
import { conflictView } from './conflict-view.ts';
import { Drafts } from './drafts.ts';
import { differs, read, valuesOf } from './edits.ts';
import { fieldView } from './field-view.ts';
import { type Field, nameOf, type Values, valueIn } from './fields.ts';

export interface FormSpec {
  /** of the draft: the same form has the same key, as `devices/meter-7` */
  readonly key: string;
  readonly fields: readonly Field[];
  /** path of the entry; of a new one it may depend on what is typed */
  readonly at: (values: Values) => EditPath;
  /** new: the form makes an entry that the document does not have yet */
  readonly isNew?: boolean;
  /** of a new entry, beside its fields */
  readonly fixed?: Fields;
  /** of a new entry, by names of fields: what a field says until it is touched */
  readonly defaults?: Values;
  /** heading of the fields that are folded */
  readonly folded?: string;
  /** of the button */
  readonly save: string;
  /** a new device or consumer gets a password, which `saved` has */
  readonly passwords?: boolean;
  /** what the form fills in where nobody has typed: an id of the name; by the names of the fields */
  readonly suggest?: (values: Values) => Values;
  /** what the page itself sees to be wrong, before the gateway is asked */
  readonly check?: (values: Values) => readonly Mistake[];
  /** sends the edits, and secrets by the names of their fields; default: `site.save` */
  readonly send?: (edits: readonly Edit[], options: SaveOptions, secrets: Values) => Promise<Saved>;
  /** drawn between the fields and the buttons */
  readonly more?: (values: Values) => TemplateResult;
}

/** Detail of the event `saved`. */
export type SavedEvent = CustomEvent<Extract<Saved, { saved: unknown }>>;

const drafts = new Drafts(() => sessionStorage, new URL(base || '.', document.baseURI).pathname);

export class EntryForm extends LitElement {
  static override properties = {
    spec: { attribute: false },
    site: { attribute: false },
    typed: { state: true },
    mistakes: { state: true },
    conflict: { state: true },
    problem: { state: true },
    busy: { state: true },
    restored: { state: true },
  };
  declare spec: FormSpec;
  declare site: SiteStore;
  /** changed fields by name */
  declare typed: Values;
  declare mistakes: readonly Mistake[];
  declare conflict: Conflict | undefined;
  /** why the last save did not arrive; empty: it did */
  declare problem: string;
  declare busy: boolean;
  /** the draft was begun before this form was opened */
  declare restored: boolean;
  /** SHA-256 of the revision over which the draft was begun */
  #seen = '';
  /** what the document said in the changed fields */
  #before: Values = {};
  #begunMs = 0;
  #key = '';
  #secrets: Values = {};
  /** what `suggest` has filled in last */
  #suggested: Values = {};

  constructor() {
    super();
    this.#reset();
    this.busy = false;
  }

  #reset(): void {
    this.typed = {};
    this.mistakes = [];
    this.conflict = undefined;
    this.problem = '';
    this.restored = false;
    this.#seen = '';
    this.#before = {};
    this.#secrets = {};
    this.#suggested = {};
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override willUpdate(): void {
    if (this.spec.key !== this.#key) this.#open();
  }

  /** Shows another entry in this form, with its draft where one is kept. */
  #open(): void {
    this.#key = this.spec.key;
    this.#reset();
    const kept = drafts.read(this.#key);
    if (kept === undefined) return;
    this.typed = kept.typed;
    this.#before = kept.before;
    this.#seen = kept.seen;
    this.#begunMs = kept.at;
    this.restored = true;
  }

  get #now(): Fields | undefined {
    if (this.spec.isNew === true) return undefined;
    const entry = this.site.at(this.spec.at({}));
    return typeof entry === 'object' && entry !== null ? (entry as Fields) : {};
  }

  get #values(): Values {
    return { ...valuesOf(this.spec.fields, this.#filled, this.#now), ...this.#secrets };
  }

  /** What is typed, over the defaults of a new entry. */
  get #filled(): Values {
    return this.spec.defaults === undefined ? this.typed : { ...this.spec.defaults, ...this.typed };
  }

  #change(field: Field, value: unknown): void {
    const name = nameOf(field);
    this.mistakes = this.mistakes.filter(({ path }) => !isWithin(path, [...this.spec.at(this.#values), ...field.path]));
    if (field.kind === 'secret') {
      this.#secrets = { ...this.#secrets, [name]: value };
      this.requestUpdate();
      return;
    }
    if (Object.keys(this.typed).length === 0) {
      this.#seen = this.site.revision.sha256;
      this.#begunMs = Date.now();
    }
    if (!Object.hasOwn(this.typed, name)) this.#before = { ...this.#before, [name]: valueIn(this.#now, field) };
    this.typed = { ...this.typed, [name]: value };
    this.#fillIn(name);
    this.#keep();
  }

  /** Fills in what follows from the field that was typed. What a person typed stays. */
  #fillIn(typed: string): void {
    for (const [name, value] of Object.entries(this.spec.suggest?.(this.#values) ?? {})) {
      const now = this.typed[name];
      if (name === typed || !(now === undefined || now === '' || now === this.#suggested[name])) continue;
      this.#suggested = { ...this.#suggested, [name]: value };
      this.typed = { ...this.typed, [name]: value };
    }
  }

  #keep(): void {
    const { typed } = this;
    drafts.write(this.#key, { seen: this.#seen, at: this.#begunMs, typed, before: this.#before });
  }

  #discard(): void {
    drafts.remove(this.#key);
    this.#reset();
  }

  async #save(over: string): Promise<void> {
    if (this.busy) return;
    const { spec, site } = this;
    const at = spec.at(this.#values);
    const local = spec.check?.(this.#values) ?? [];
    const parts = { fields: spec.fields, typed: this.#filled, now: this.#now, at };
    const result = read(spec.fixed === undefined ? parts : { ...parts, fixed: spec.fixed });
    const mistakes = [...local, ...('mistakes' in result ? result.mistakes : [])];
    this.problem = '';
    this.conflict = undefined;
    this.mistakes = mistakes;
    if ('mistakes' in result || mistakes.length > 0) return this.#showMistake();
    if (result.edits.length === 0 && Object.keys(this.#secrets).length === 0) {
      this.#answered({ saved: site.revision, passwords: [] });
      return;
    }
    const options: SaveOptions = { seen: over, ...(spec.passwords === true ? { passwords: true } : {}) };
    this.busy = true;
    try {
      const send = spec.send ?? ((edits, how) => site.save(edits, how));
      this.#answered(await send(result.edits, options, this.#secrets));
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      if (error instanceof LoggedOutError) this.dispatchEvent(new CustomEvent('logged-out', { bubbles: true }));
      await this.#focus('.form-problem');
    } finally {
      this.busy = false;
    }
    await focusAgain(this, '.form-buttons button');
  }

  #answered(answer: Saved): void {
    if ('saved' in answer) {
      this.#discard();
      if (this.isConnected) this.dispatchEvent(new CustomEvent('saved', { detail: answer, bubbles: true }));
      return;
    }
    if ('conflict' in answer) {
      this.conflict = answer.conflict;
      void this.#focus('.conflict');
      return;
    }
    this.mistakes = answer.mistakes;
    this.#showMistake();
  }

  #showMistake(): void {
    void this.#focus('[aria-invalid=true], .form-problem');
  }

  async #focus(selector: string): Promise<void> {
    await this.updateComplete;
    this.querySelector<HTMLElement>(selector)?.focus();
  }

  /** The changed fields in which the document now says something else than when they were changed. */
  #changedByBoth(): readonly { readonly field: Field; readonly theirs: unknown; readonly mine: unknown }[] {
    const now = this.#now;
    return this.spec.fields.flatMap((field) => {
      const name = nameOf(field);
      if (!Object.hasOwn(this.typed, name) || !differs(field, this.#before[name], now)) return [];
      return [{ field, theirs: valueIn(now, field), mine: this.typed[name] }];
    });
  }

  override render(): TemplateResult {
    const { spec, conflict, busy } = this;
    const isDraft = Object.keys(this.typed).length > 0;
    const values = this.#values;
    const at = spec.at(values);
    const shown = spec.fields.filter((field) => field.shown?.(values) ?? true);
    const fieldPaths = shown.map((field) => [...at, ...field.path]);
    const others = this.mistakes.filter(({ path }) => !fieldPaths.some((own) => isWithin(path, own)));
    return html`<form class="card entry-form" novalidate @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      void this.#save(isDraft ? this.#seen : this.site.revision.sha256);
    }}>
      ${
        this.restored && isDraft
          ? html`<p class="restored" role="status">${t('set-up/form.restored')} <button type="button" class="plain" @click=${() => this.#discard()}>${t('set-up/form.discard')}</button></p>`
          : nothing
      }
      ${shown.filter(({ folded }) => folded !== true).map((field) => this.#field(field, values, at))}
      ${this.#folded(shown, values, at)}
      ${spec.more?.(values) ?? nothing}
      ${
        conflict === undefined
          ? nothing
          : conflictView({
              conflict,
              both: this.#changedByBoth(),
              busy,
              keepMine: () => this.#keepMine(conflict),
              dropMine: () => this.#discard(),
              takeUp: () => void this.#takeUp(),
            })
      }
      ${others.length === 0 && this.problem === '' ? nothing : this.#problems(others)}
      <div class="form-buttons">
        <button class="primary" ?disabled=${busy || conflict !== undefined}>${busy ? t('set-up/form.saving') : spec.save}</button>
        ${isDraft && !this.restored ? html`<button type="button" class="plain" ?disabled=${busy} @click=${() => this.#discard()}>${t('set-up/form.discard')}</button>` : nothing}
      </div>
    </form>`;
  }

  /** The fields behind their heading; open where one of them is wrong. */
  #folded(shown: readonly Field[], values: Values, at: EditPath): TemplateResult | typeof nothing {
    const fields = shown.filter(({ folded }) => folded === true);
    if (fields.length === 0) return nothing;
    const isWrong = fields.some(({ path }) => this.mistakes.some((one) => isWithin(one.path, [...at, ...path])));
    return html`<details class="folded" ?open=${isWrong}><summary>${this.spec.folded}</summary>
      ${fields.map((field) => this.#field(field, values, at))}</details>`;
  }

  #field(field: Field, values: Values, at: EditPath): TemplateResult {
    const name = nameOf(field);
    const path = [...at, ...field.path];
    const mistake = this.mistakes.find((one) => isWithin(one.path, path));
    return fieldView(field, {
      id: `field-${`${this.spec.key}-${name}`.replace(/[^a-zA-Z0-9_-]/g, '-')}`,
      value: values[name],
      mistake: mistake?.words ?? '',
      disabled: this.busy,
      change: (value) => this.#change(field, value),
    });
  }

  #problems(others: readonly Mistake[]): TemplateResult {
    const kept = this.problem === '' ? '' : `${this.problem} ${t('set-up/form.kept')}`;
    return html`<div class="form-problem failure" role="alert" tabindex="-1">
      ${kept === '' ? nothing : html`<p>${kept}</p>`}${others.map(({ words }) => html`<p>${words}</p>`)}
    </div>`;
  }

  /** Saves what is typed over the revision that the person has now seen in words. */
  #keepMine({ newest }: Conflict): void {
    this.#seen = newest.sha256;
    this.#before = Object.fromEntries(
      this.spec.fields.flatMap((field) => {
        const name = nameOf(field);
        return Object.hasOwn(this.typed, name) ? [[name, valueIn(this.#now, field)] as const] : [];
      }),
    );
    this.#keep();
    void this.#save(newest.sha256);
  }

  /** Takes up the file that was edited by hand; what is typed waits. */
  async #takeUp(): Promise<void> {
    this.busy = true;
    try {
      const answer = await this.site.takeUp();
      this.conflict = undefined;
      if ('mistakes' in answer) this.mistakes = answer.mistakes;
      else this.#seen = this.site.revision.sha256;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      this.busy = false;
    }
  }
}

/** Whether `path` is `outer` or lies in it. */
function isWithin(path: EditPath, outer: EditPath): boolean {
  return path.length >= outer.length && outer.every((key, index) => path[index] === key);
}

customElements.define('forpost-entry-form', EntryForm);

/** The form of an entry. `saved`: after the gateway has saved it. */
export function entryForm(
  site: SiteStore,
  spec: FormSpec,
  saved: (answer: SavedEvent['detail']) => void,
): TemplateResult {
  return html`${keyed(
    spec.key,
    html`<forpost-entry-form .site=${site} .spec=${spec} @saved=${(event: SavedEvent) => saved(event.detail)}></forpost-entry-form>`,
  )}`;
}
