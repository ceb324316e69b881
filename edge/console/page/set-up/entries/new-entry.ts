/** The form of a new device or consumer, then its password, which is shown once. */
import { html, LitElement, type TemplateResult } from 'lit';
import { setUpAddress } from '../../route.ts';
import type { AreaParts } from '../area.ts';
import type { Field, Values } from '../form/fields.ts';
import { entryForm, type SavedEvent } from '../form/form.ts';
import { heading, shownOnce } from '../parts.ts';
import { t } from '../texts.ts';
import { suggestedId, takenId } from './taken-id.ts';

export interface NewEntryWords {
  readonly section: string;
  readonly title: string;
  readonly add: string;
  readonly added: string;
  /** what to do with the password */
  readonly how: string;
  readonly toIt: string;
  readonly fields: readonly Field[];
}

class NewEntry extends LitElement {
  static override properties = {
    parts: { attribute: false },
    words: { attribute: false },
    added: { state: true },
  };
  declare parts: AreaParts;
  declare words: NewEntryWords;
  /** the passwords of what was added; undefined: nothing yet */
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
    const { section, title, add, fields } = this.words;
    if (this.added !== undefined) return this.#done(this.added);
    const spec = {
      key: `${section}/+`,
      fields,
      isNew: true,
      passwords: true,
      save: add,
      at: ({ id }: Values) => [section, String(id ?? '').trim()],
      suggest: (values: Values) => suggestedId(site, values),
      check: (values: Values) => takenId(site, section, values),
    };
    return html`${heading(title)} ${entryForm(site, spec, ({ passwords }) => {
      this.added = passwords;
    })}`;
  }

  #done(passwords: SavedEvent['detail']['passwords']): TemplateResult {
    const { section, added, how, toIt } = this.words;
    const [first] = passwords;
    return html`${heading(added)}
      <p role="status">${first === undefined ? t('set-up/entries.has-password') : how}</p>
      ${passwords.map(
        ({ id, password }) => html`
          <dl class="facts card"><div class="fact"><dt>${t('set-up/credential.user')}</dt><dd><code>${id}</code></dd></div></dl>
          ${shownOnce(t('set-up/credential.password'), password, t('set-up/credential.once'))}`,
      )}
      <p class="form-buttons">
        <a class="button primary" href=${setUpAddress(section, ...(first === undefined ? [] : [first.id]))}>${toIt}</a>
        <button class="plain" @click=${() => {
          this.added = undefined;
        }}>${t('set-up/entries.add-another')}</button>
      </p>`;
  }
}

customElements.define('forpost-new-entry', NewEntry);
