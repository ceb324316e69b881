/**
 * The secrets of an action: whether each is set, and a form that sets, replaces or removes it.
 *
 * Always: a secret is sent and never shown, not even to who has typed it; no draft keeps it.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { RefusedError } from '../../api.ts';
import type { AreaParts } from '../area.ts';
import type { SecretField, Values } from '../form/fields.ts';
import { entryForm } from '../form/form.ts';
import { changeSecret, secretsSetOf } from '../rules/calls.ts';
import type { Saved } from '../site-store.ts';
import { t } from '../texts.ts';
import { Work } from '../work.ts';

class ActionSecrets extends LitElement {
  static override properties = {
    parts: { attribute: false },
    action: { attribute: false },
    names: { attribute: false },
    set: { state: true },
    done: { state: true },
    removing: { state: true },
  };
  declare parts: AreaParts;
  /** id of the action */
  declare action: string;
  /** names of the secrets that its kind has */
  declare names: readonly string[];
  /** names of those that are set; undefined before the first answer */
  declare set: readonly string[] | undefined;
  declare done: string;
  /** the secret whose removal is asked about; empty: none */
  declare removing: string;
  readonly #work = new Work(this);
  #loadedFor = '';

  constructor() {
    super();
    this.done = '';
    this.removing = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override willUpdate(): void {
    if (this.#loadedFor === this.action) return;
    this.#loadedFor = this.action;
    this.set = undefined;
    this.done = '';
    void this.#work.run(async () => {
      this.set = await secretsSetOf(this.action);
    });
  }

  async #save(name: string, secrets: Values): Promise<Saved> {
    const value = String(secrets[name] ?? '').trim();
    const path = ['action-secrets', this.action, name];
    if (value === '') return { mistakes: [{ path, words: t('set-up/form.required') }] };
    try {
      this.set = await changeSecret(this.action, name, value);
      this.done = t('set-up/secret.saved');
      return { saved: this.parts.site.revision, passwords: [] };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      return { mistakes: [{ path, words: error.message }] };
    }
  }

  async #remove(name: string): Promise<void> {
    this.set = await changeSecret(this.action, name, '');
    this.removing = '';
    this.done = t('set-up/secret.removed');
  }

  override render(): TemplateResult {
    return html`<h3>${t('set-up/secret.title')}</h3>
      <p class="muted">${t('set-up/secret.about')}</p>
      <div role="status">${this.done === '' ? nothing : html`<p class="done">${this.done}</p>`}</div>
      ${this.#work.problem === '' ? nothing : html`<p class="failure" role="alert">${this.#work.problem}</p>`}
      ${this.set === undefined ? nothing : this.names.map((name) => this.#secret(name, this.set?.includes(name) === true))}`;
  }

  #secret(name: string, isSet: boolean): TemplateResult {
    const field: SecretField = {
      kind: 'secret',
      path: [name],
      label: name === 'token' ? t('set-up/secret.token') : name,
      hint: isSet ? t('set-up/secret.is-set') : t('set-up/secret.is-not-set'),
      required: true,
      autocomplete: 'off',
    };
    const spec = {
      key: `actions/${this.action}/secrets/${name}`,
      fields: [field],
      save: isSet ? t('set-up/secret.replace') : t('set-up/secret.set'),
      at: () => ['action-secrets', this.action],
      send: (_edits: unknown, _options: unknown, secrets: Values) => this.#save(name, secrets),
    };
    return html`${entryForm(this.parts.site, spec, () => undefined)}
      ${isSet ? this.#removal(name) : nothing}`;
  }

  #removal(name: string): TemplateResult {
    if (this.removing !== name)
      return html`<p class="form-buttons"><button type="button" class="plain danger-text" @click=${() => {
        this.removing = name;
      }}>${t('set-up/secret.remove')}</button></p>`;
    return html`<div class="card ask" role="group" aria-label=${t('set-up/secret.remove-ask')}>
      <p><strong>${t('set-up/secret.remove-ask')}</strong></p>
      <div class="form-buttons">
        <button type="button" class="danger" @click=${() => void this.#work.run(() => this.#remove(name))}>${t('set-up/secret.remove-now')}</button>
        <button type="button" class="plain" @click=${() => {
          this.removing = '';
        }}>${t('set-up/remove.keep')}</button>
      </div></div>`;
  }
}

customElements.define('forpost-action-secrets', ActionSecrets);
