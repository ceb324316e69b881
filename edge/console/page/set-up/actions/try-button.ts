/** The button that tests an action, and the result in words. The test is marked as a test, and is no alarm. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Tried } from '../../../view.ts';
import { tryAction } from '../rules/calls.ts';
import { say, t } from '../rules/texts.ts';

class TryButton extends LitElement {
  static override properties = {
    action: { attribute: false },
    name: { attribute: false },
    tried: { state: true },
    problem: { state: true },
    busy: { state: true },
  };
  /** its id */
  declare action: string;
  declare name: string;
  declare tried: Tried | undefined;
  declare problem: string;
  declare busy: boolean;

  constructor() {
    super();
    this.busy = false;
    this.problem = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  async #try(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = '';
    this.tried = undefined;
    try {
      this.tried = await tryAction(this.action);
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      this.busy = false;
    }
  }

  override render(): TemplateResult {
    const { tried, problem } = this;
    const said = problem !== '' ? problem : tried === undefined ? '' : say(tried.message_i18n, tried.message);
    const isWrong = problem !== '' || tried?.ok === false;
    return html`<p class="form-buttons"><button type="button" class="plain" ?disabled=${this.busy} aria-label=${t('rule/page.try-named', { name: this.name })}
        @click=${() => void this.#try()}>${this.busy ? t('rule/page.trying') : t('rule/page.try')}</button></p>
      <div role="status" aria-live="polite">${said === '' ? nothing : html`<p class=${isWrong ? 'failure' : 'done'}>${said}</p>`}</div>`;
  }
}

customElements.define('forpost-try-button', TryButton);
