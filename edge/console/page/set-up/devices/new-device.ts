/** The form of a new device, then its password, which is shown once. */
import { html, LitElement, type TemplateResult } from 'lit';
import { setUpAddress } from '../../route.ts';
import type { AreaParts } from '../area.ts';
import { entryForm, type SavedEvent } from '../form/form.ts';
import { heading, shownOnce } from '../parts.ts';
import { t } from '../texts.ts';
import { newDeviceFields, takenId } from './fields.ts';

class NewDevice extends LitElement {
  static override properties = { parts: { attribute: false }, added: { state: true } };
  declare parts: AreaParts;
  /** the passwords of the device that was added; undefined: none yet */
  declare added: SavedEvent['detail']['passwords'] | undefined;

  constructor() {
    super();
    this.added = undefined;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const { site } = this.parts;
    if (this.added !== undefined) return this.#done(this.added);
    const spec = {
      key: 'devices/+',
      fields: newDeviceFields,
      isNew: true,
      passwords: true,
      save: t('set-up/devices.add'),
      at: ({ id }: { readonly id?: unknown }) => ['devices', String(id ?? '')],
      check: (values: { readonly id?: unknown }) => takenId(site, 'devices', values),
    };
    return html`${heading(t('set-up/devices.add-title'))} ${entryForm(site, spec, ({ passwords }) => {
      this.added = passwords;
    })}`;
  }

  #done(passwords: SavedEvent['detail']['passwords']): TemplateResult {
    return html`${heading(t('set-up/devices.added'))}
      <p role="status">${passwords.length === 0 ? t('set-up/devices.added-without') : t('set-up/devices.added-how')}</p>
      ${passwords.map(
        ({ id, password }) => html`
        <dl class="facts card"><div class="fact"><dt>${t('set-up/credential.user')}</dt><dd><code>${id}</code></dd></div></dl>
        ${shownOnce(t('set-up/credential.password'), password, t('set-up/credential.once'))}`,
      )}
      <p class="form-buttons">
        <a class="button primary" href=${setUpAddress('devices', ...passwords.slice(0, 1).map(({ id }) => id))}>${t('set-up/devices.to-device')}</a>
        <button class="plain" @click=${() => {
          this.added = undefined;
        }}>${t('set-up/devices.add-another')}</button>
      </p>`;
  }
}

customElements.define('forpost-new-device', NewDevice);
