/** The button that tries a link to the centre, and each step with its result in words. No event is sent. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { TriedLink } from '../../../view.ts';
import { sentence } from '../../words.ts';
import { formats, say, t } from '../texts.ts';
import { Work } from '../work.ts';
import { tryLink } from './calls.ts';

type Step = TriedLink['steps'][number];

class TryLink extends LitElement {
  static override properties = { sink: { attribute: false }, tried: { state: true } };
  /** its name */
  declare sink: string;
  declare tried: TriedLink | undefined;
  readonly #work = new Work(this);

  override createRenderRoot(): HTMLElement {
    return this;
  }

  async #try(): Promise<void> {
    if (this.#work.busy) return;
    this.tried = undefined;
    await this.#work.run(async () => {
      this.tried = await tryLink(this.sink);
    });
  }

  override render(): TemplateResult {
    const { tried, sink } = this;
    const { problem, busy } = this.#work;
    return html`<p class="muted">${t('set-up/centre.try-about')}</p>
      <p class="form-buttons"><button type="button" class="plain" aria-label=${t('set-up/centre.try-named', { name: sink })} ?disabled=${busy} @click=${() => void this.#try()}>${busy ? t('set-up/centre.trying') : t('set-up/centre.try')}</button></p>
      <div role="status">${tried === undefined ? nothing : this.#result(tried)}</div>
      ${problem === '' ? nothing : html`<p class="failure" role="alert">${problem}</p>`}`;
  }

  #result({ ok, steps }: TriedLink): TemplateResult {
    const several = new Set(steps.map(({ where }) => where)).size > 1;
    return html`<p class=${ok ? 'done' : 'failure'}>${ok ? t('set-up/centre.try-ok') : t('set-up/centre.try-failed')}</p>
      <ol class="link-steps">${steps.map((step) => stepView(step, several))}</ol>`;
  }
}

function stepView({ what, where, result, message, message_i18n: i18n, ms }: Step, several: boolean): TemplateResult {
  const names = {
    name: t('set-up/centre.step-name'),
    connection: t('set-up/centre.step-connection'),
    tls: t('set-up/centre.step-tls'),
    'log-in': t('set-up/centre.step-log-in'),
    answer: t('set-up/centre.step-answer'),
  };
  const marks = {
    ok: { mark: '✓', label: t('set-up/centre.ok') },
    failed: { mark: '✗', label: t('set-up/centre.failed') },
    skipped: { mark: '–', label: t('set-up/centre.skipped') },
  };
  const { mark, label } = marks[result];
  return html`<li class=${result}>
    <p><strong><span role="img" aria-label=${label}>${mark}</span> ${names[what]}</strong>
      <span class="muted">${several ? html`<code>${where}</code> ` : nothing}${result === 'skipped' ? nothing : t('set-up/centre.took', { ms: formats.number(ms) })}</span></p>
    <p class=${result === 'failed' ? 'failure' : 'muted'}>${sentence(say(i18n, message))}.</p>
  </li>`;
}

customElements.define('forpost-try-link', TryLink);
