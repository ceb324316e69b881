/**
 * The credentials of one device, bridge or consumer: how it logs in, a new password, and the revocation of all.
 *
 * Always: a password is shown once, and forgotten when the place is left; a revocation is asked for twice.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { CredentialView } from '../../../view.ts';
import { call, post } from '../../api.ts';
import { base } from '../../base.ts';
import { clockTime } from '../../format.ts';
import { fact } from '../../parts.ts';
import { focusAgain, shownOnce } from '../parts.ts';
import { t } from '../texts.ts';
import { Work } from '../work.ts';

/** The grace for a device that cannot be visited at once. */
const graceS = 7 * 86_400;

class Credentials extends LitElement {
  static override properties = {
    principal: { attribute: false },
    nowMs: { attribute: false },
    credential: { state: true },
    password: { state: true },
    asked: { state: true },
  };
  /** id of the device, bridge or consumer */
  declare principal: string;
  declare nowMs: number;
  /** undefined before it is loaded, and where the gateway knows none */
  declare credential: CredentialView | undefined;
  /** the new password; empty: none was made here */
  declare password: string;
  /** the question that is open */
  declare asked: 'rotate' | 'revoke' | undefined;
  readonly #work = new Work(this);
  #loadedFor = '';
  /** a button was pressed, which is gone or disabled meanwhile */
  #isAnswering = false;

  constructor() {
    super();
    this.password = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override willUpdate(): void {
    if (this.#loadedFor === this.principal) return;
    this.#loadedFor = this.principal;
    this.credential = undefined;
    this.password = '';
    this.asked = undefined;
    void this.#run(() => this.#load());
  }

  async #load(): Promise<void> {
    const answer = await call(`${base}/api/v1/credentials`);
    const { credentials } = (await answer.json()) as { readonly credentials: readonly CredentialView[] };
    this.credential = credentials.find(({ id }) => id === this.principal);
  }

  async #run(work: () => Promise<void>): Promise<void> {
    await this.#work.run(work);
    if (this.#isAnswering) await focusAgain(this, '.shown-once button, .form-buttons button');
    this.#isAnswering = false;
  }

  async #rotate(grace: number): Promise<void> {
    this.#isAnswering = true;
    const path = `${base}/api/v1/credentials/${encodeURIComponent(this.principal)}/rotate`;
    const answer = (await (await post(path, { graceS: grace })).json()) as { readonly password?: string };
    this.password = answer.password ?? '';
    this.asked = undefined;
    await this.#load();
  }

  async #revoke(): Promise<void> {
    this.#isAnswering = true;
    await post(`${base}/api/v1/credentials/${encodeURIComponent(this.principal)}/revoke`, {});
    this.password = '';
    this.asked = undefined;
    await this.#load();
  }

  override render(): TemplateResult {
    const { credential, password } = this;
    const { problem, busy } = this.#work;
    return html`<h3>${t('set-up/credential.title')}</h3>
      <div class="card ask">
        ${credential === undefined ? html`<p class="muted">${busy ? t('set-up/loading') : t('set-up/credential.unknown')}</p>` : this.#facts(credential)}
        ${problem === '' ? nothing : html`<p class="failure" role="alert">${problem}</p>`}
        ${password === '' ? nothing : shownOnce(t('set-up/credential.password'), password, t('set-up/credential.once'))}
        ${credential === undefined ? nothing : this.#buttons()}
      </div>`;
  }

  #facts({ user, password, clientId, graceUntil, certificates, revoked }: CredentialView): TemplateResult {
    const kinds = {
      made: t('set-up/credential.made'),
      chosen: t('set-up/credential.chosen'),
      fixed: t('set-up/credential.fixed'),
      none: t('set-up/credential.none'),
    };
    return html`<dl class="facts">
      ${fact(t('set-up/credential.user'), html`<code>${user}</code>`)}
      ${clientId === null ? nothing : fact(t('set-up/credential.client'), html`<code>${clientId}</code>`)}
      ${fact(t('set-up/credential.password'), kinds[password])}
      ${certificates.length === 0 ? nothing : fact(t('set-up/credential.certificates'), certificates.length)}
      ${graceUntil === null ? nothing : fact(t('set-up/credential.grace'), clockTime(graceUntil, this.nowMs))}
      ${revoked === null ? nothing : fact(t('set-up/credential.revoked'), clockTime(revoked, this.nowMs), 'bad')}
    </dl>`;
  }

  #buttons(): TemplateResult {
    const { busy } = this.#work;
    const cancel = html`<button type="button" class="plain" ?disabled=${busy} @click=${() => this.#ask(undefined)}>${t('set-up/credential.cancel')}</button>`;
    if (this.asked === 'revoke')
      return html`<p><strong>${t('set-up/credential.revoke-ask')}</strong></p>
        <div class="form-buttons"><button type="button" class="danger" ?disabled=${busy} @click=${() => void this.#run(() => this.#revoke())}>${t('set-up/credential.revoke')}</button>${cancel}</div>`;
    if (this.asked === 'rotate')
      return html`<p><strong>${t('set-up/credential.rotate-ask')}</strong></p>
        <div class="form-buttons">
          <button type="button" class="primary" ?disabled=${busy} @click=${() => void this.#run(() => this.#rotate(0))}>${t('set-up/credential.rotate-now')}</button>
          <button type="button" class="plain" ?disabled=${busy} @click=${() => void this.#run(() => this.#rotate(graceS))}>${t('set-up/credential.rotate-later')}</button>
          ${cancel}
        </div>`;
    return html`<div class="form-buttons">
      <button type="button" class="plain" ?disabled=${busy} @click=${() => this.#ask('rotate')}>${t('set-up/credential.rotate')}</button>
      <button type="button" class="plain danger-text" ?disabled=${busy} @click=${() => this.#ask('revoke')}>${t('set-up/credential.revoke')}</button>
    </div>`;
  }

  #ask(asked: Credentials['asked']): void {
    this.asked = asked;
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('.form-buttons button')?.focus());
  }
}

customElements.define('forpost-credentials', Credentials);
