/**
 * The pairing window on the page.
 *
 *   closed ── «Open» ──► open, with a countdown and the clients that knock ── «Close» · its time ──► closed
 *
 * Always: the state is the gateway's, from the stream; what is typed for a client stays while its card is there, whatever
 * the connection does; a password that was made is shown until the card is put away, because nobody can show it again.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { PairingView } from '../../../view.ts';
import { LoggedOutError } from '../../api.ts';
import { onPairing } from '../../pairing-news.ts';
import type { AreaParts } from '../area.ts';
import { focusAgain, heading } from '../parts.ts';
import { formats, t } from '../texts.ts';
import { closeWindow, fetchPairing, openWindow } from './calls.ts';
import './knocker-card.ts';
import { refusedClients } from './refused-clients.ts';

const choices = [5, 10, 30] as const;

class PairingWindow extends LitElement {
  static override properties = {
    parts: { attribute: false },
    pairing: { state: true },
    problem: { state: true },
    busy: { state: true },
  };
  declare parts: AreaParts;
  /** undefined: not known yet */
  declare pairing: PairingView | undefined;
  declare problem: string;
  declare busy: boolean;
  #minutes: number = choices[0];
  #stop: (() => void) | undefined;

  constructor() {
    super();
    this.problem = '';
    this.busy = false;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = onPairing((view) => {
      this.pairing = view;
    });
    if (this.pairing === undefined) void this.#run(fetchPairing);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }

  async #run(ask: () => Promise<PairingView>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = '';
    try {
      this.pairing = await ask();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      if (error instanceof LoggedOutError) this.dispatchEvent(new CustomEvent('logged-out', { bubbles: true }));
    } finally {
      this.busy = false;
    }
    await focusAgain(this, '.pairing-open button, form button');
  }

  override render(): TemplateResult {
    const { pairing, problem } = this;
    return html`${heading(t('set-up/pairing.title'))}
      ${problem === '' ? nothing : html`<p class="card quiet bad" role="alert">${problem}</p>`}
      ${pairing === undefined ? html`<p class="quiet" role="status">${t('set-up/loading')}</p>` : this.#shown(pairing)}`;
  }

  #shown(pairing: PairingView): TemplateResult {
    const { knockers, turnedAway, window } = pairing;
    return html`${window === null ? this.#closed() : this.#open(window)}
      <p class="quiet" role="status">${this.#count(pairing)}</p>
      ${repeat(
        knockers,
        ({ number }) => number,
        (knocker) =>
          html`<forpost-knocker .site=${this.parts.site} .knocker=${knocker} .decoders=${pairing.decoders} .isOpen=${window !== null} .nowMs=${this.parts.nowMs}></forpost-knocker>`,
      )}
      ${turnedAway === 0 ? nothing : html`<p class="muted">${t('set-up/pairing.turned-away', { count: turnedAway })}</p>`}
      ${window === null ? refusedClients(this.parts.status.refused, this.parts.nowMs) : nothing}`;
  }

  #count({ window, knockers }: PairingView): string {
    if (window === null) return '';
    const waiting = knockers.filter(({ takenIn }) => takenIn === null).length;
    if (waiting > 0) return t('set-up/pairing.knocking', { count: waiting });
    return knockers.length === 0 ? t('set-up/pairing.nobody') : '';
  }

  #closed(): TemplateResult {
    return html`<form class="card" @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      void this.#run(() => openWindow(this.#minutes));
    }}>
      <p>${t('set-up/pairing.what')}</p>
      <ol class="steps">
        <li>${t('set-up/pairing.step-open')}</li>
        <li>${t('set-up/pairing.step-device')}</li>
        <li>${t('set-up/pairing.step-take')}</li>
      </ol>
      <div class="field"><label for="pairing-minutes">${t('set-up/pairing.how-long')}</label>
        <select id="pairing-minutes" @change=${(event: Event) => {
          this.#minutes = Number((event.target as HTMLSelectElement).value);
        }}>${choices.map((minutes) => html`<option value=${minutes}>${t('set-up/pairing.minutes', { count: minutes })}</option>`)}</select>
      </div>
      <button class="primary" ?disabled=${this.busy}>${t('set-up/pairing.open')}</button>
    </form>`;
  }

  #open({ by, endsAt }: NonNullable<PairingView['window']>): TemplateResult {
    const leftMs = Math.max(0, Date.parse(endsAt) - this.parts.nowMs);
    return html`<div class="card pairing-open">
      <p><strong>${t('set-up/pairing.is-open', { left: formats.duration(leftMs) })}</strong></p>
      <p class="muted">${by === '' ? nothing : t('set-up/pairing.opened-by', { name: by })} ${t('set-up/pairing.meanwhile')}</p>
      <div class="form-buttons">
        <button type="button" class="plain" ?disabled=${this.busy} @click=${() => void this.#run(() => openWindow(choices[0]))}>${t('set-up/pairing.longer')}</button>
        <button type="button" class="plain" ?disabled=${this.busy} @click=${() => void this.#run(closeWindow)}>${t('set-up/pairing.close')}</button>
      </div>
    </div>`;
  }
}

customElements.define('forpost-pairing', PairingWindow);
