/** The newest messages of a device while its place is open: as they came, and what the gateway made of them, or why not. */
import type { Message } from '@forpost/shared/texts/message.ts';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { DeviceMessageView } from '../../../view.ts';
import { call } from '../../api.ts';
import { base } from '../../base.ts';
import { clockTime, measure, sortedValues } from '../../format.ts';
import { sentence } from '../../words.ts';
import { say, t } from '../texts.ts';

const everyMs = 3_000;

class DeviceMessages extends LitElement {
  static override properties = {
    device: { attribute: false },
    nowMs: { attribute: false },
    messages: { state: true },
    problem: { state: true },
  };
  /** its id */
  declare device: string;
  declare nowMs: number;
  /** newest first; undefined before the first answer */
  declare messages: readonly DeviceMessageView[] | undefined;
  declare problem: string;
  #timer: number | undefined;

  constructor() {
    super();
    this.problem = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = window.setInterval(() => void this.#load(), everyMs);
    void this.updateComplete.then(() => this.#load());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  async #load(): Promise<void> {
    if (document.hidden) return;
    const { device } = this;
    try {
      const answer = await call(`${base}/api/v1/devices/${encodeURIComponent(device)}/messages`);
      const { messages } = (await answer.json()) as { readonly messages: readonly DeviceMessageView[] };
      if (device === this.device) this.messages = messages;
      this.problem = '';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  override render(): TemplateResult {
    const { messages, problem } = this;
    return html`<h3>${t('set-up/messages.title')}</h3>
      <div class="card ask">
        ${problem === '' ? nothing : html`<p class="failure" role="alert">${problem}</p>`}
        ${messages === undefined || messages.length === 0 ? html`<p class="muted" role="status">${t('set-up/messages.waiting')}</p>` : html`<ul class="messages">${messages.map((one) => this.#message(one))}</ul>`}
      </div>`;
  }

  #message(message: DeviceMessageView): TemplateResult {
    const { at, topic, size, payload } = message;
    return html`<li>
      <p class="muted">${clockTime(at, this.nowMs)} · <code>${topic}</code> · ${t('set-up/messages.size', { count: size })}</p>
      ${madeOf(message)}
      <pre>${payload}</pre>
    </li>`;
  }
}

function madeOf({ values, events, refused, refusedI18n, problems }: DeviceMessageView): TemplateResult {
  const read = sortedValues(values).map(([name, value]) => measure(name, value));
  const nothingRead = read.length === 0 && events.length === 0 && refused === undefined;
  return html`${read.length === 0 ? nothing : html`<p>✓ ${read.map(({ label, text }, index) => html`${index === 0 ? '' : ', '}${label} <strong>${text}</strong>`)}</p>`}
    ${events.length === 0 ? nothing : html`<p>✓ ${t('set-up/messages.events', { types: events.join(', ') })}</p>`}
    ${refused === undefined ? nothing : html`<p class="failure">✗ ${sentence(say(refusedI18n as Message | undefined, refused))}.</p>`}
    ${nothingRead ? html`<p class="muted">${t('set-up/messages.nothing')}</p>` : nothing}
    ${problems.map(({ path, problem, problemI18n }) => html`<p class="look">${path === '' ? nothing : html`<code>${path}</code> `}${say(problemI18n, problem)}</p>`)}`;
}

customElements.define('forpost-device-messages', DeviceMessages);
