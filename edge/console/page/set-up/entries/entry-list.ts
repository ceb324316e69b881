/** The entries of a section of the document, with a way to each and to a new one. A site may have thousands. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Fields } from '../../../view.ts';
import { setUpAddress } from '../../route.ts';
import type { AreaParts } from '../area.ts';
import { heading, rowTo } from '../parts.ts';
import type { SiteStore } from '../site-store.ts';
import { t } from '../texts.ts';
import { addStep } from './add-step.ts';

const mostShown = 100;
/** a shorter list needs no search */
const searchFrom = 12;
/** what the search looks into */
const searched = ['id', 'name', 'place', 'topic'];

/** An entry with its place in set-up. */
export interface AlsoListed {
  readonly entry: Fields;
  readonly steps: readonly string[];
}

export interface EntryListWords {
  /** the section in the document, and the area's name in the address */
  readonly section: string;
  readonly title: string;
  readonly add: string;
  /** shown where the site has none */
  readonly none: string;
  /** further entries that are listed and stand elsewhere in the document */
  readonly also?: (site: SiteStore) => readonly AlsoListed[];
  /** below the name of an entry */
  readonly about: (entry: Fields) => string;
  /** at the end of its row: its state */
  readonly end?: (entry: Fields) => unknown;
}

class EntryList extends LitElement {
  static override properties = {
    parts: { attribute: false },
    words: { attribute: false },
    search: { state: true },
  };
  declare parts: AreaParts;
  declare words: EntryListWords;
  declare search: string;

  constructor() {
    super();
    this.search = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const { section, title, add, none } = this.words;
    const entries = [
      ...this.parts.site.entries(section).map((entry) => ({ entry, steps: [section, text(entry.id)] })),
      ...(this.words.also?.(this.parts.site) ?? []),
    ];
    const wanted = this.search.trim().toLocaleLowerCase();
    const fits = ({ entry }: AlsoListed) =>
      searched.some((key) => text(entry[key]).toLocaleLowerCase().includes(wanted));
    const found = wanted === '' ? entries : entries.filter(fits);
    return html`${heading(title, entries.length === 0 ? nothing : entries.length)}
      <p class="form-buttons"><a class="button primary" href=${setUpAddress(section, addStep)}>${add}</a></p>
      ${entries.length < searchFrom ? nothing : this.#searchField()}
      ${
        found.length === 0
          ? html`<p class="card quiet">${entries.length === 0 ? none : t('set-up/entries.none-found')}</p>`
          : html`<ul class="rows card">${found.slice(0, mostShown).map((entry) => this.#row(entry))}</ul>`
      }
      ${found.length > mostShown ? html`<p class="muted">${t('set-up/entries.more', { shown: mostShown, all: found.length })}</p>` : nothing}`;
  }

  #searchField(): TemplateResult {
    return html`<label class="search">${t('set-up/entries.search')}<input type="search" .value=${this.search} @input=${(
      event: Event,
    ) => {
      this.search = (event.currentTarget as HTMLInputElement).value;
    }} /></label>`;
  }

  #row({ entry, steps }: AlsoListed): TemplateResult {
    const { about, end } = this.words;
    return rowTo(steps, text(entry.name) || text(entry.id), about(entry), end?.(entry));
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

customElements.define('forpost-entry-list', EntryList);
