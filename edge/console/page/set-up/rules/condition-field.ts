/**
 * The field of a condition: a text of several lines with completion by the gateway. A list box stands below it (WAI-ARIA 1.2,
 * aria-activedescendant): arrow keys choose, Enter or Tab takes, Escape closes; their number is announced. Without the
 * gateway it is a plain text.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Completions } from '../../../view.ts';
import type { OwnFieldParts, Values } from '../form/fields.ts';
import { complete } from './calls.ts';
import { say, t } from './texts.ts';

/** After the last key, before the gateway is asked. */
const afterMs = 150;

class ConditionField extends LitElement {
  static override properties = {
    parts: { attribute: false },
    kind: { attribute: false },
    label: { attribute: false },
    options: { state: true },
    chosen: { state: true },
  };
  declare parts: OwnFieldParts;
  declare kind: string;
  declare label: string;
  declare options: Completions | undefined;
  declare chosen: number;
  values: () => Values = () => ({});
  #timer: number | undefined;
  #asked = 0;

  constructor() {
    super();
    this.options = undefined;
    this.chosen = -1;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  get #input(): HTMLTextAreaElement | null {
    return this.querySelector('textarea');
  }

  #typed(text: string): void {
    this.parts.change(text === '' ? undefined : text);
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#ask(), afterMs);
  }

  async #ask(): Promise<void> {
    const input = this.#input;
    if (input === null) return;
    const asked = ++this.#asked;
    const { device, camera } = this.values();
    try {
      const options = await complete({
        kind: this.kind,
        condition: input.value,
        offset: input.selectionStart,
        ...(typeof device === 'string' && device !== '' ? { device } : {}),
        ...(typeof camera === 'string' && camera !== '' ? { camera } : {}),
      });
      if (asked !== this.#asked) return;
      this.options = options.options.length === 0 ? undefined : options;
      this.chosen = -1;
    } catch (error) {
      // the condition can be typed without help
      console.warn('completion:', error);
      this.#close();
    }
  }

  #close(): void {
    this.#asked++;
    this.options = undefined;
    this.chosen = -1;
  }

  #keyed(event: KeyboardEvent): void {
    const count = this.options?.options.length ?? 0;
    if (event.key === 'Escape' && count > 0) this.#close();
    else if (event.key === 'ArrowDown' && count > 0) this.chosen = (this.chosen + 1) % count;
    else if (event.key === 'ArrowUp' && count > 0) this.chosen = (this.chosen - 1 + count) % count;
    else if ((event.key === 'Enter' || event.key === 'Tab') && this.chosen >= 0) this.#apply(this.chosen);
    else if (event.key === ' ' && event.ctrlKey) void this.#ask();
    else return;
    event.preventDefault();
  }

  #apply(index: number): void {
    const { options } = this;
    const input = this.#input;
    const option = options?.options[index];
    if (options === undefined || option === undefined || input === null) return;
    const text = input.value.slice(0, options.from) + option.insert + input.value.slice(options.to);
    const at = options.from + option.insert.length;
    this.#close();
    input.value = text;
    input.setSelectionRange(at, at);
    input.focus();
    this.#typed(text);
  }

  /** Puts the cursor at the wrong character. */
  showPlace(offset: number): void {
    const input = this.#input;
    input?.focus();
    input?.setSelectionRange(offset, Math.min(offset + 1, input.value.length));
  }

  override render(): TemplateResult {
    const { id, describedBy, value, invalid, disabled } = this.parts;
    const { options } = this;
    const isOpen = options !== undefined;
    return html`<textarea id=${id} rows="2" aria-autocomplete="list" aria-haspopup="listbox" aria-controls="${id}-options" aria-activedescendant=${this.chosen < 0 ? nothing : `${id}-option-${this.chosen}`}
        aria-describedby=${describedBy || nothing} aria-invalid=${String(invalid)} autocapitalize="none" spellcheck="false" autocomplete="off"
        ?disabled=${disabled} .value=${live(typeof value === 'string' ? value : '')}
        placeholder="hour &gt;= 22 || hour &lt; 6"
        @input=${(event: Event) => this.#typed((event.currentTarget as HTMLTextAreaElement).value)}
        @keydown=${(event: KeyboardEvent) => this.#keyed(event)} @blur=${() => window.setTimeout(() => this.#close(), 200)}></textarea>
      <span class="for-screen-readers" role="status">${isOpen ? t('rule/page.completion-count', { count: options.options.length }) : nothing}</span>
      <ul id="${id}-options" role="listbox" class="completions" aria-label=${t('rule/page.completions', { field: this.label })} ?hidden=${!isOpen}>
        ${options?.options.map(
          (
            { label, about, about_i18n: aboutI18n },
            index,
          ) => html`<li id="${id}-option-${index}" role="option" aria-selected=${String(index === this.chosen)}
            @mousedown=${(event: Event) => event.preventDefault()} @click=${() => this.#apply(index)}>
            <code>${label}</code>${about === undefined ? nothing : html` <span class="muted">${say(aboutI18n, about)}</span>`}</li>`,
        )}
      </ul>`;
  }
}

customElements.define('forpost-condition-field', ConditionField);

/** The view of a field with a condition. `values`: of the form now: completion knows the device. */
export function conditionField(
  label: string,
  { kind, values }: { readonly kind: string; readonly values: () => Values },
) {
  return (parts: OwnFieldParts): TemplateResult =>
    html`<forpost-condition-field .parts=${parts} .kind=${kind} .label=${label} .values=${values}></forpost-condition-field>`;
}
