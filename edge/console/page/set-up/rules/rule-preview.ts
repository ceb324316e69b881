/**
 * What a drafted rule does: a sentence that follows the form, the mistakes that the gateway finds, and on a button what it
 * would have done in the last day.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { CheckedDraft, Fields, RehearsalView } from '../../../view.ts';
import { formats } from '../../texts.ts';
import { focusAgain } from '../parts.ts';
import { checkRule, rehearse } from './calls.ts';
import { say, t } from './texts.ts';

const afterMs = 400;

class RulePreview extends LitElement {
  static override properties = {
    draft: { attribute: false },
    checked: { state: true },
    rehearsal: { state: true },
    busy: { state: true },
    problem: { state: true },
  };
  /** undefined: a field cannot be read, or is empty and must not be */
  declare draft: Fields | undefined;
  declare checked: CheckedDraft | undefined;
  declare rehearsal: RehearsalView | undefined;
  declare busy: boolean;
  declare problem: string;
  #timer: number | undefined;
  #text = '';

  constructor() {
    super();
    this.busy = false;
    this.problem = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  override willUpdate(): void {
    const text = JSON.stringify(this.draft ?? null);
    if (text === this.#text) return;
    this.#text = text;
    this.rehearsal = undefined;
    clearTimeout(this.#timer);
    if (this.draft === undefined) this.checked = undefined;
    else this.#timer = window.setTimeout(() => void this.#check(text), afterMs);
  }

  async #check(text: string): Promise<void> {
    if (this.draft === undefined) return;
    try {
      const checked = await checkRule(this.draft);
      if (text === this.#text) this.checked = checked;
    } catch (error) {
      // the form can be filled in without it; saving says what is wrong
      console.warn('check of the draft:', error);
    }
  }

  async #rehearse(): Promise<void> {
    if (this.draft === undefined || this.busy) return;
    const text = this.#text;
    this.busy = true;
    this.problem = '';
    try {
      // a rule that is switched off is rehearsed as if it were on: off, it would raise nothing
      const { enabled: _, ...draft } = this.draft;
      const rehearsal = await rehearse(draft);
      if (text === this.#text) this.rehearsal = rehearsal;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      this.busy = false;
    }
    await focusAgain(this, '.form-buttons button');
  }

  override render(): TemplateResult {
    const { checked, draft } = this;
    const problems = checked?.problems ?? [];
    return html`<div class="rule-preview">
      <p role="status" aria-live="polite"><strong>${checked?.summary === undefined ? '' : say(checked.summary_i18n, checked.summary)}</strong></p>
      ${problems.map(
        ({ message, message_i18n: i18n, offset, line, column }) =>
          html`<p class="failure">${say(i18n, message)}${
            offset === undefined
              ? nothing
              : html` <button type="button" class="plain" @click=${() => this.#show(offset)}>${t('rule/page.show-place', { line: line ?? 1, column: column ?? 1 })}</button>`
          }</p>`,
      )}
      <p class="form-buttons"><button type="button" class="plain" ?disabled=${draft === undefined || problems.length > 0 || this.busy}
        @click=${() => void this.#rehearse()}>${this.busy ? t('rule/page.rehearsing') : t('rule/page.rehearse')}</button></p>
      <div role="status" aria-live="polite">${this.problem === '' ? nothing : html`<p class="failure">${this.problem}</p>`}
      ${this.rehearsal === undefined ? nothing : this.#answer(this.rehearsal)}</div>
    </div>`;
  }

  #answer({ drafted, standing, limits, from, first }: RehearsalView): TemplateResult {
    const count = drafted.alarms.length + drafted.more;
    const before = standing.alarms.length + standing.more;
    const now = Date.parse(from) + 24 * 3_600_000;
    return html`<p><strong>${t('rule/page.would-have', { count })}</strong>
        ${first === undefined ? nothing : t('rule/page.as-it-stands', { count: before })}</p>
      ${
        drafted.alarms.length === 0
          ? nothing
          : html`<ul class="lines">${drafted.alarms.slice(0, mostShown).map(
              ({ raised, cleared, message, message_i18n: i18n }) => html`<li><span>
                <time datetime=${raised}>${formats.clockTimeToSecond(raised, now)}</time>${
                  cleared === undefined
                    ? html` ${t('rule/page.goes-on')}`
                    : html` – <time datetime=${cleared}>${formats.clockTimeToSecond(cleared, now)}</time>`
                }: ${say(i18n, message)}</span></li>`,
            )}</ul>`
      }
      ${drafted.alarms.length > mostShown ? html`<p class="muted">${t('rule/page.more-alarms', { count: count - mostShown })}</p>` : nothing}
      ${limits.map(({ message, message_i18n: i18n }) => html`<p class="muted">${say(i18n, message)}</p>`)}`;
  }

  /** Puts the cursor of the condition at its wrong character. */
  #show(offset: number): void {
    const field = this.closest('form')?.querySelector('forpost-condition-field') as
      | (HTMLElement & { showPlace(offset: number): void })
      | null
      | undefined;
    field?.showPlace(offset);
  }
}

/** More would be a list that nobody reads on a phone. */
const mostShown = 20;

customElements.define('forpost-rule-preview', RulePreview);
