/**
 * The CA of the site for download, and the certificates of clients: until when, a new one, a revocation.
 *
 * Always: a key is downloaded once, and its passphrase shown once; a revocation is asked for twice. A gateway that has no
 * certificates of its own shows nothing here.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { CertificatesView, CredentialView } from '../../../view.ts';
import { call, post } from '../../api.ts';
import { base } from '../../base.ts';
import { fact } from '../../parts.ts';
import { shownOnce } from '../parts.ts';
import { t } from '../texts.ts';
import { Work } from '../work.ts';

const path = `${base}/api/v1/certificates`;
/** A passphrase that a person types once: 12 letters of 32, some 60 bits behind PBKDF2. */
const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
const passphraseLength = 12;

type ClientView = CertificatesView['clients'][number];

class Certificates extends LitElement {
  static override properties = {
    known: { state: true },
    principals: { state: true },
    passphrase: { state: true },
    asked: { state: true },
  };
  /** undefined: not loaded, or there are none here */
  declare known: CertificatesView | undefined;
  declare principals: readonly CredentialView[];
  /** of the file that was downloaded last; empty: none was */
  declare passphrase: string;
  /** serial number of the certificate whose revocation is asked for */
  declare asked: string;
  readonly #work = new Work(this);

  constructor() {
    super();
    this.principals = [];
    this.passphrase = '';
    this.asked = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override firstUpdated(): void {
    void this.#work.run(() => this.#load());
  }

  async #load(): Promise<void> {
    this.known = (await (await call(path)).json()) as CertificatesView;
    const answer = await call(`${base}/api/v1/credentials`);
    this.principals = ((await answer.json()) as { readonly credentials: readonly CredentialView[] }).credentials;
  }

  async #issue(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const id = String(form.get('id'));
    await this.#work.run(async () => {
      const passphrase = madePassphrase();
      const answer = await post(`${path}/clients`, { id, days: Number(form.get('days')), passphrase });
      const { pkcs12 } = (await answer.json()) as { readonly pkcs12: string };
      download(`${id}.p12`, pkcs12);
      this.passphrase = passphrase;
      await this.#load();
    });
  }

  async #revoke(serial: string): Promise<void> {
    await post(`${path}/clients/${serial}/revoke`, {});
    this.asked = '';
    this.passphrase = '';
    await this.#load();
  }

  override render(): TemplateResult | typeof nothing {
    const { known, passphrase } = this;
    const { problem } = this.#work;
    if (known === undefined) return nothing;
    return html`<h3>${t('set-up/certificate.title')}</h3>
      <div class="card ask">
        ${known.ca === null ? html`<p class="muted">${t('set-up/certificate.no-ca')}</p>` : this.#ca(known.ca)}
        ${problem === '' ? nothing : html`<p class="failure" role="alert">${problem}</p>`}
        ${passphrase === '' ? nothing : shownOnce(t('set-up/certificate.passphrase'), passphrase, t('set-up/certificate.once'))}
        ${known.clients.length === 0 ? nothing : html`<ul class="plain-list">${known.clients.map((one) => this.#client(one))}</ul>`}
        ${this.principals.length === 0 ? nothing : this.#form()}
      </div>`;
  }

  #ca({ fingerprint, to }: NonNullable<CertificatesView['ca']>): TemplateResult {
    return html`<p>${t('set-up/certificate.about')}</p>
      <dl class="facts">
        ${fact(t('set-up/certificate.sha256'), html`<code>${fingerprint}</code>`)}
        ${fact(t('set-up/certificate.until'), to.slice(0, 'YYYY-MM-DD'.length))}
      </dl>
      <p><a href=${`${path}/ca.crt`} download="forpost-ca.crt">${t('set-up/certificate.download')}</a></p>`;
  }

  #client({ id, serial, to, state }: ClientView): TemplateResult {
    const states = {
      valid: t('set-up/certificate.valid'),
      'ends-soon': t('set-up/certificate.ends-soon'),
      ended: t('set-up/certificate.ended'),
      revoked: t('set-up/certificate.revoked'),
      unused: t('set-up/certificate.unused'),
    };
    const day = to.slice(0, 'YYYY-MM-DD'.length);
    return html`<li>
      <p><code>${id}</code> · ${t('set-up/certificate.until')} ${day} · ${states[state]}</p>
      ${state === 'revoked' ? nothing : this.#revocation(id, serial)}
    </li>`;
  }

  #revocation(id: string, serial: string): TemplateResult {
    const { busy } = this.#work;
    if (this.asked !== serial)
      return html`<button type="button" class="plain danger-text" ?disabled=${busy} aria-label=${t('set-up/certificate.revoke-of', { id })} @click=${() => {
        this.asked = serial;
      }}>${t('set-up/credential.revoke')}</button>`;
    return html`<p><strong>${t('set-up/certificate.revoke-ask')}</strong></p>
      <div class="form-buttons">
        <button type="button" class="danger" ?disabled=${busy} @click=${() => void this.#work.run(() => this.#revoke(serial))}>${t('set-up/credential.revoke')}</button>
        <button type="button" class="plain" ?disabled=${busy} @click=${() => {
          this.asked = '';
        }}>${t('set-up/credential.cancel')}</button>
      </div>`;
  }

  #form(): TemplateResult {
    return html`<form @submit=${(event: SubmitEvent) => void this.#issue(event)}>
      <p><label>${t('set-up/certificate.for')}
        <select name="id">${this.principals.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}</select></label></p>
      <p><label>${t('set-up/certificate.days')}
        <input name="days" type="number" min="1" max="3650" value="397" required></label></p>
      <div class="form-buttons"><button class="plain" ?disabled=${this.#work.busy}>${t('set-up/certificate.make')}</button></div>
    </form>`;
  }
}

function madePassphrase(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(passphraseLength));
  return Array.from(bytes, (byte) => letters[byte % letters.length]).join('');
}

function download(name: string, base64: string): void {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/x-pkcs12' }));
  link.download = name;
  link.click();
  // the browser reads it after the click
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

customElements.define('forpost-certificates', Certificates);
