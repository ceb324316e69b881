/** The log-in form. */
import { html, nothing, type TemplateResult } from 'lit';

export interface LoginViewParts {
  readonly busy: boolean;
  /** why the last try failed; empty before the first */
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
      <h1>Forpost gateway</h1>
      <label>User<input name="user" autocomplete="username" autocapitalize="none" spellcheck="false" required /></label>
      <label>Password<input name="password" type="password" autocomplete="current-password" required /></label>
      ${problem === '' ? nothing : html`<p class="failure" role="alert">${problem}</p>`}
      <button class="primary" ?disabled=${busy}>${busy ? 'Logging in …' : 'Log in'}</button>
    </form>
  </main>`;
}
