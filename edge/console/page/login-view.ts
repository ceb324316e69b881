/**
 * The log-in form: as the whole page, or as a dialog over a page whose log-in has ended. The dialog hides the page behind
 * it, and only a log-in closes it.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { languageChoice } from './language-choice.ts';
import { t } from './texts.ts';

export interface LoginViewParts {
  readonly busy: boolean;
  /** why the last log-in failed; empty before the first */
  readonly problem: string;
  readonly logIn: (user: string, password: string) => void;
}

export function loginView({ busy, problem, logIn }: LoginViewParts): TemplateResult {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const data = new FormData(event.currentTarget);
    logIn(String(data.get('user') ?? ''), String(data.get('password') ?? ''));
  };
  return html`<main class="login">
    <form class="card" @submit=${submit}>
      <h1>${t('gateway-page/log-in.title')}</h1>
      <label>${t('gateway-page/log-in.user')}<input name="user" autocomplete="username" autocapitalize="none" spellcheck="false" required /></label>
      <label>${t('gateway-page/log-in.password')}<input name="password" type="password" autocomplete="current-password" required /></label>
      ${problem === '' ? nothing : html`<p class="failure" role="alert">${problem}</p>`}
      <button class="primary" ?disabled=${busy}>${busy ? t('gateway-page/log-in.busy') : t('gateway-page/log-in.submit')}</button>
      ${languageChoice()}
    </form>
  </main>`;
}

export class LoginDialog extends LitElement {
  static override properties = { parts: { attribute: false } };
  declare parts: LoginViewParts;

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override firstUpdated(): void {
    this.#show();
  }

  #show(): void {
    if (this.isConnected) this.querySelector('dialog')?.showModal();
  }

  /** The dialog opens again on `close`: a browser closes a dialog at the second Escape, even if `cancel` is prevented. */
  override render(): TemplateResult {
    return html`<dialog class="login-over" aria-label=${t('gateway-page/log-in.submit')} @cancel=${(event: Event) => event.preventDefault()} @close=${() => this.#show()}>
      ${loginView(this.parts)}
    </dialog>`;
  }
}

customElements.define('forpost-login', LoginDialog);
