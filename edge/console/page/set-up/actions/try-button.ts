/** The button that tests an action, and the result in words. The test is marked as a test, and is no alarm. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Tried } from '../../../view.ts';
import { tryAction } from '../rules/calls.ts';
import { say, t } from '../rules/texts.ts';
import { Work } from '../work.ts';

class TryButton extends LitElement {
  static override properties = {
    action: { attribute: false },
    name: { attribute: false },
    tried: { state: true },
  };
  /** its id */
  declare action: string;
  declare name: string;
  declare tried: Tried | undefined;
  readonly #work = new Work(this);

  override createRenderRoot(): HTMLElement {
    return this;
  }

  async #try(): Promise<void> {
    if (this.#work.busy) return;
    this.tried = undefined;
    await this.#work.run(async () => {
      this.tried = await tryAction(this.action);
    });
  }

  override render(): TemplateResult {
    const { tried } = this;
    const { problem, busy } = this.#work;
    const said = problem !== '' ? problem : tried === undefined ? '' : say(tried.message_i18n, tried.message);
    const isWrong = problem !== '' || tried?.ok === false;
    return html`<p class="form-buttons"><button type="button" class="plain" ?disabled=${busy} aria-label=${t('rule/page.try-named', { name: this.name })}
        @click=${() => void this.#try()}>${busy ? t('rule/page.trying') : t('rule/page.try')}</button></p>
      <div role="status" aria-live="polite">${said === '' ? nothing : html`<p class=${isWrong ? 'failure' : 'done'}>${said}</p>`}</div>`;
  }
}

customElements.define('forpost-try-button', TryButton);
