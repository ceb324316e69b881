/** The newest messages of a device while its place is open: as they came, and what the gateway made of them, or why not. */
import type { Message } from '@forpost/shared/texts/message.ts';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { DeviceMessageView } from '../../../view.ts';
import { call } from '../../api.ts';
import { base } from '../../base.ts';
import { clockTime, measure, sortedValues } from '../../format.ts';
import { sentence } from '../../words.ts';
import { say, t } from '../texts.ts';
import { Polled } from '../work.ts';

const everyMs = 3_000;

class DeviceMessages extends LitElement {
  static override properties = { device: { attribute: false }, nowMs: { attribute: false } };
  /** its id */
  declare device: string;
  declare nowMs: number;
  readonly #newest = new Polled(this, everyMs, () => messagesOf(this.device));

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('device') && changed.get('device') !== undefined) void this.#newest.load();
  }

  override render(): TemplateResult {
    const { value, problem } = this.#newest;
    // an answer for the device that was shown before shows nothing
    const messages = value?.device === this.device ? value.messages : undefined;
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

/** Newest first. */
async function messagesOf(
  device: string,
): Promise<{ readonly device: string; readonly messages: readonly DeviceMessageView[] }> {
  const answer = await call(`${base}/api/v1/devices/${encodeURIComponent(device)}/messages`);
  const { messages } = (await answer.json()) as { readonly messages: readonly DeviceMessageView[] };
  return { device, messages };
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
