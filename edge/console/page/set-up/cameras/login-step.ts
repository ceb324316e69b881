/**
 * The log-in at a camera. Event `done` with what was typed.
 *
 * Always: the password is kept in no draft and no storage.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { t } from '../texts.ts';
import type { Login } from './camera-api.ts';

/** Detail of the event `done`. */
export type LoginEvent = CustomEvent<{
  /** undefined: without a log-in */
  readonly login: Login | undefined;
  /** of the camera's certificate; empty: none is pinned */
  readonly fingerprint: string;
  /** address of a second stream; empty: none */
  readonly mainStream: string;
}>;

class LoginStep extends LitElement {
  static override properties = {
    busy: { attribute: false },
    isStream: { attribute: false },
    login: { attribute: false },
    fingerprint: { attribute: false },
    offered: { attribute: false },
  };
  declare busy: boolean;
  /** a stream's address was typed, not a camera's */
  declare isStream: boolean;
  /** typed before */
  declare login: Login | undefined;
  declare fingerprint: string;
  /** the fingerprint of the certificate that the camera shows, which is not trusted yet; empty: none is known */
  declare offered: string;

  override createRenderRoot(): HTMLElement {
    return this;
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const typed = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(typed.get(name) ?? '');
    const user = text('user').trim();
    const detail: LoginEvent['detail'] = {
      login: user === '' ? undefined : { user, password: text('password') },
      fingerprint: typed.has('trust') ? this.offered : text('fingerprint').trim(),
      mainStream: text('main').trim(),
    };
    this.dispatchEvent(new CustomEvent('done', { detail }));
  }

  override render(): TemplateResult {
    const { busy, isStream, login, fingerprint, offered } = this;
    return html`<form class="card" autocomplete="off" @submit=${(event: SubmitEvent) => this.#submit(event)}>
      <div class="field"><label for="camera-user">${t('set-up/cameras.user')}</label>
        <p class="muted" id="camera-user-hint">${t('set-up/cameras.user-hint')}</p>
        <input id="camera-user" name="user" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="camera-user-hint" .value=${login?.user ?? ''} ?disabled=${busy} /></div>
      <div class="field"><label for="camera-password">${t('set-up/cameras.password')}</label>
        <input id="camera-password" name="password" type="password" autocomplete="off" .value=${login?.password ?? ''} ?disabled=${busy} /></div>
      ${
        isStream
          ? html`<div class="field"><label for="camera-main">${t('set-up/cameras.main-url')}</label>
        <p class="muted" id="camera-main-hint">${t('set-up/cameras.main-url-hint')}</p>
        <input id="camera-main" name="main" autocomplete="off" autocapitalize="none" spellcheck="false" inputmode="url" aria-describedby="camera-main-hint" ?disabled=${busy} /></div>`
          : nothing
      }
      ${
        offered === ''
          ? nothing
          : html`<label class="option"><input type="checkbox" name="trust" ?disabled=${busy} /><span>${t('set-up/cameras.trust')} <code class="fingerprint">${offered}</code></span></label>`
      }
      <details><summary>${t('set-up/cameras.certificate')}</summary>
        <div class="field"><label for="camera-fingerprint">${t('set-up/cameras.fingerprint')}</label>
        <p class="muted" id="camera-fingerprint-hint">${t('set-up/cameras.fingerprint-hint')}</p>
        <input id="camera-fingerprint" name="fingerprint" autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="sha256:…" aria-describedby="camera-fingerprint-hint" .value=${fingerprint} ?disabled=${busy} /></div>
      </details>
      <div class="form-buttons"><button class="primary" ?disabled=${busy}>${t('set-up/cameras.next')}</button></div>
    </form>`;
  }
}

customElements.define('forpost-camera-login', LoginStep);
