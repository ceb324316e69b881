/**
 * The card that makes a backup of the gateway: the passphrase twice, then a file to keep.
 *
 *   typed ── «Make a backup» ──► being made ── arrived ──► saved by the browser, the fields are emptied
 *                                  └── refused ──► the reason; what was typed stays
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import * as api from '../../api.ts';
import { bytes } from '../../format.ts';
import { t } from '../texts.ts';

/** The least length at the gateway, too. */
const leastLength = 12;

export class BackupForm extends LitElement {
  static override properties = {
    gateway: { attribute: false },
    busy: { state: true },
    problem: { state: true },
    done: { state: true },
  };
  /** id of the gateway, for the file's name */
  declare gateway: string;
  declare busy: boolean;
  declare problem: string;
  /** what was saved; empty before the first backup */
  declare done: string;

  constructor() {
    super();
    this.gateway = '';
    this.busy = false;
    this.problem = '';
    this.done = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement) || this.busy) return;
    const data = new FormData(form);
    const passphrase = String(data.get('passphrase') ?? '');
    this.done = '';
    this.problem = problemOf(passphrase, String(data.get('again') ?? ''));
    if (this.problem !== '') return;
    this.busy = true;
    try {
      const file = await api.makeBackup(passphrase);
      save(file, `${this.gateway}-${new Date().toISOString().slice(0, 10)}.tar.age`);
      form.reset();
      this.done = t('set-up/backup.done', { size: bytes(file.size) });
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      this.busy = false;
    }
  }

  /** The hidden field names the gateway to a password manager. */
  override render(): TemplateResult {
    return html`<form class="card backup" @submit=${(event: SubmitEvent) => void this.#submit(event)}>
      <p>${t('set-up/backup.what')}</p>
      <input name="username" autocomplete="username" value=${this.gateway} hidden />
      <label>${t('set-up/backup.passphrase')}<input name="passphrase" type="password" autocomplete="new-password" required /></label>
      <label>${t('set-up/backup.again')}<input name="again" type="password" autocomplete="new-password" required /></label>
      ${this.problem === '' ? nothing : html`<p class="failure" role="alert">${this.problem}</p>`}
      ${this.done === '' ? nothing : html`<p role="status">${this.done}</p>`}
      <button class="plain" ?disabled=${this.busy}>${this.busy ? t('set-up/backup.busy') : t('set-up/backup.make')}</button>
    </form>`;
  }
}

function problemOf(passphrase: string, again: string): string {
  if (passphrase.length < leastLength) return t('set-up/backup.short', { least: leastLength });
  return passphrase === again ? '' : t('set-up/backup.differ');
}

/** Has the browser save a file under a name. */
function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // the browser reads it after the click
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

customElements.define('forpost-backup', BackupForm);
