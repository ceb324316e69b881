/**
 * The card that makes this box the gateway of a backup.
 *
 *   none ── file chosen ──► sent in parts (goes on where it broke off) ──► here ── passphrase ──► staged: what it is
 *     ▲                                                                      ▲      └── wrong ──┐      │ «Become it»
 *     └───────────────────────── «Discard» ──────────────────────────────────┴──────────────────┘      ▼
 *                                                                    the gateway restarts, and asks for the old log-in
 *
 * Always: the gateway of this box goes on until «Become it»; the file is read in parts, so a large one needs no memory.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { RestoreState } from '../../../view.ts';
import { call, post } from '../../api.ts';
import { base } from '../../base.ts';
import { bytes, clockTime, count } from '../../format.ts';
import { fact } from '../../parts.ts';
import { t } from '../texts.ts';
import { Work } from '../work.ts';

const partBytes = 512 * 1024;
/** A part without an answer is sent again so many times; then the person decides. */
const mostTries = 5;
const tryAgainMs = 2_000;
/** A large backup is unpacked and checked on a slow card. */
const unpackWithinMs = 3_600_000;

class RestoreForm extends LitElement {
  static override properties = {
    nowMs: { attribute: false },
    devices: { attribute: false },
    state: { state: true },
    sent: { state: true },
    isSure: { state: true },
    isTaken: { state: true },
  };
  declare nowMs: number;
  /** number of this box's devices, which the restore puts aside */
  declare devices: number;
  declare state: RestoreState | undefined;
  /** part of the file that is sent, 0 to 1; undefined: none is being sent */
  declare sent: number | undefined;
  /** the person says that the old box is off */
  declare isSure: boolean;
  /** the gateway restarts */
  declare isTaken: boolean;
  readonly #work = new Work(this);

  constructor() {
    super();
    this.isSure = false;
    this.isTaken = false;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#run(async () => this.#show(await call(`${base}/api/v1/restore`)));
  }

  async #show(answer: Response): Promise<void> {
    this.state = (await answer.json()) as RestoreState;
  }

  async #run(work: () => Promise<void>): Promise<void> {
    if (this.#work.busy) return;
    await this.#work.run(work);
    this.sent = undefined;
  }

  async #send(file: File): Promise<void> {
    let at = 0;
    while (at < file.size) {
      this.sent = at / file.size;
      const state = await this.#sendPart(file, at);
      if (state.state === 'here') break;
      if (state.state !== 'coming') throw new Error(t('set-up/restore.broken'));
      at = state.received;
    }
    await this.#show(await call(`${base}/api/v1/restore`));
  }

  /** A part may have come although its answer was lost: the next answer says how much is here. */
  async #sendPart(file: File, at: number): Promise<RestoreState> {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await call(`${base}/api/v1/restore/backup?at=${at}&size=${file.size}`, {
          method: 'PUT',
          headers: { 'content-type': 'application/octet-stream' },
          body: file.slice(at, at + partBytes),
        });
        return (await answer.json()) as RestoreState;
      } catch (error) {
        const isNoAnswer = error instanceof Error && error.cause !== undefined;
        if (!isNoAnswer || tries >= mostTries) throw error;
        await new Promise((resolve) => setTimeout(resolve, tryAgainMs));
      }
    }
  }

  async #unpack(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const passphrase = String(new FormData(form).get('passphrase') ?? '');
    await this.#run(async () => {
      await this.#show(await post(`${base}/api/v1/restore/stage`, { passphrase }, unpackWithinMs));
      form.reset();
    });
  }

  async #commit(): Promise<void> {
    await this.#run(async () => {
      await post(`${base}/api/v1/restore/take`, {});
      this.isTaken = true;
    });
  }

  async #discard(): Promise<void> {
    await this.#run(async () => this.#show(await call(`${base}/api/v1/restore`, { method: 'DELETE' })));
  }

  override render(): TemplateResult {
    const { state } = this;
    const { problem } = this.#work;
    return html`<h3>${t('set-up/restore.title')}</h3>
      <div class="card ask">
        <p>${t('set-up/restore.what')}</p>
        ${this.isTaken ? html`<p class="done" role="status">${t('set-up/restore.taken')}</p>` : state === undefined ? nothing : this.#step(state)}
        ${problem === '' ? nothing : html`<p class="failure" role="alert">${problem}</p>`}
      </div>`;
  }

  #step(state: RestoreState): TemplateResult {
    if (state.state === 'here') return this.#passphrase(state.size);
    if (state.state === 'staged') return this.#staged(state);
    if (this.sent !== undefined)
      return html`<p role="status"><label>${t('set-up/restore.sending')} <progress max="1" value=${this.sent}></progress></label></p>`;
    const chosen = (event: Event) => {
      const [file] = (event.currentTarget as HTMLInputElement).files ?? [];
      if (file !== undefined) void this.#run(() => this.#send(file));
    };
    return html`<div class="field"><label for="restore-file">${t('set-up/restore.file')}</label>
      <input id="restore-file" type="file" accept=".age" ?disabled=${this.#work.busy} @change=${chosen} /></div>`;
  }

  #passphrase(size: number): TemplateResult {
    return html`<p>${t('set-up/restore.here', { size: bytes(size) })}</p>
      <form class="plain-form" @submit=${(event: SubmitEvent) => void this.#unpack(event)}>
        <div class="field"><label for="restore-passphrase">${t('set-up/backup.passphrase')}</label>
          <input id="restore-passphrase" name="passphrase" type="password" autocomplete="off" required ?disabled=${this.#work.busy} /></div>
        <div class="form-buttons">
          <button class="primary" ?disabled=${this.#work.busy}>${this.#work.busy ? t('set-up/restore.unpacking') : t('set-up/restore.unpack')}</button>
          ${this.#discardButton()}
        </div>
      </form>`;
  }

  #staged({ staged }: Extract<RestoreState, { state: 'staged' }>): TemplateResult {
    const { gateway, site, madeAt, machine, unsent, problems } = staged;
    return html`<dl class="facts">
        ${fact(t('set-up/restore.gateway'), gateway)} ${fact(t('set-up/restore.site'), site)}
        ${fact(t('set-up/restore.made'), clockTime(madeAt, this.nowMs))} ${fact(t('set-up/restore.machine'), machine)}
        ${fact(t('set-up/restore.unsent'), count(unsent))}
      </dl>
      ${
        problems.length > 0
          ? html`<div class="failure" role="alert"><p>${t('set-up/restore.cannot')}</p><ul class="changes">${problems.map((one) => html`<li>${one}</li>`)}</ul></div>`
          : html`<p>${t('set-up/restore.aside', { count: this.devices })}</p>
            <label class="switch" for="restore-sure"><input type="checkbox" role="switch" id="restore-sure" .checked=${this.isSure} @change=${(
              event: Event,
            ) => {
              this.isSure = (event.currentTarget as HTMLInputElement).checked;
            }} /><span>${t('set-up/restore.sure')}</span></label>`
      }
      <div class="form-buttons">
        ${problems.length > 0 ? nothing : html`<button type="button" class="primary" ?disabled=${this.#work.busy || !this.isSure} @click=${() => void this.#commit()}>${t('set-up/restore.take', { gateway })}</button>`}
        ${this.#discardButton()}
      </div>`;
  }

  #discardButton(): TemplateResult {
    return html`<button type="button" class="plain" ?disabled=${this.#work.busy} @click=${() => void this.#discard()}>${t('set-up/restore.discard')}</button>`;
  }
}

customElements.define('forpost-restore', RestoreForm);
