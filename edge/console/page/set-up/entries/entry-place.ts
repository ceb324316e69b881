/**
 * The place of one entry of the site's document: its form, and what was done last. A kind of entry adds what else it has.
 *
 * Always: what was done in one place is not shown in the next one, although the browser uses the element again.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { badge } from '../../parts.ts';
import { deviceStateWords } from '../../words.ts';
import type { AreaParts } from '../area.ts';
import { entryForm, type FormSpec } from '../form/form.ts';
import { t } from '../texts.ts';

export abstract class EntryPlace extends LitElement {
  static override properties: Record<string, object> = { parts: { attribute: false }, done: { state: true } };
  declare parts: AreaParts;
  /** what was done last; empty: nothing yet */
  declare done: string;
  #doneAt = '';

  constructor() {
    super();
    this.done = '';
  }

  /** id of the entry that is shown */
  protected abstract get shown(): string;

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override willUpdate(): void {
    if (this.#doneAt === this.shown) return;
    this.#doneAt = this.shown;
    this.done = '';
  }

  /** The form of the entry at `at`, below what was done last. */
  protected form(at: readonly string[], fields: FormSpec['fields']): TemplateResult {
    const spec = { key: at.join('/'), fields, save: t('set-up/form.save'), at: () => at };
    return html`${this.done === '' ? nothing : html`<p class="done" role="status">${this.done}</p>`}
      ${entryForm(this.parts.site, spec, () => {
        this.done = t('set-up/form.saved');
      })}`;
  }

  /** The state of a device or bridge in words. */
  protected stateOf(id: string): TemplateResult {
    const { status, nowMs } = this.parts;
    const state = status.devices.find((one) => one.id === id);
    const words = state === undefined ? undefined : deviceStateWords(state, nowMs);
    return html`<p class="state">${words === undefined ? nothing : html`${badge(words)} ${words.text}`}</p>`;
  }
}
