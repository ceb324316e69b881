/**
 * Set-up: the list of its areas, and the open one. Loaded on demand (../navigation.ts); each area's module is loaded when it
 * is opened.
 *
 * Always: an area is drawn only with the site's document loaded; when another person or program has changed the site, the
 * document is loaded again; an area that cannot be loaded or drawn says so, and the others go on.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { ConsoleStatus } from '../../view.ts';
import { LoggedOutError } from '../api.ts';
import { base } from '../base.ts';
import { routeOf, setUpAddress } from '../route.ts';
import type { AreaModule, AreaParts, SetUpArea } from './area.ts';
import { areas } from './areas.ts';
import { SiteStore } from './site-store.ts';
import { t } from './texts.ts';

/** Resolves when set-up's style sheet counts. */
export const ready = new Promise<void>((resolve) => {
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = `${base}/page/styles/set-up.css`;
  // without its style sheet set-up can be used all the same
  for (const event of ['load', 'error']) link.addEventListener(event, () => resolve(), { once: true });
  document.head.append(link);
});

class SetUp extends LitElement {
  static override properties = {
    status: { attribute: false },
    steps: { attribute: false },
    nowMs: { attribute: false },
    lost: { attribute: false },
    problem: { state: true },
    modules: { state: true },
  };
  declare status: ConsoleStatus;
  declare steps: readonly string[];
  declare nowMs: number;
  declare lost: boolean;
  /** why the document or the area could not be loaded; empty where it could */
  declare problem: string;
  declare modules: ReadonlyMap<string, AreaModule>;
  readonly #site = new SiteStore(() => this.requestUpdate());
  /** the status' revision for which the document was loaded last */
  #loadedFor = '';
  #shownAt = '';

  constructor() {
    super();
    this.problem = '';
    this.modules = new Map();
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Loads what has changed: another area, another revision, a connection that is back. */
  override willUpdate(): void {
    const area = this.#area();
    if (area !== undefined && !this.modules.has(area.name)) void this.#loadArea(area);
    if (!this.lost && this.status.revision !== this.#loadedFor) void this.#loadSite();
  }

  /** The heading of a new place gets the focus, so that a screen reader says where it is. */
  override updated(): void {
    const at = this.steps.join('/');
    if (at === this.#shownAt || (this.steps.length > 0 && this.#moduleHere() === undefined)) return;
    this.#shownAt = at;
    window.scrollTo(0, 0);
    this.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true });
  }

  #area(): SetUpArea | undefined {
    return areas.find(({ name }) => name === this.steps[0]);
  }

  #moduleHere(): AreaModule | undefined {
    return this.#site.isLoaded ? this.modules.get(this.steps[0] ?? '') : undefined;
  }

  async #loadArea({ name, load }: SetUpArea): Promise<void> {
    await this.#loading(async () => {
      this.modules = new Map(this.modules).set(name, await load());
    });
  }

  async #loadSite(): Promise<void> {
    this.#loadedFor = this.status.revision;
    if (!(await this.#loading(() => this.#site.load()))) this.#loadedFor = '';
  }

  /** @returns whether it was loaded */
  async #loading(load: () => Promise<void>): Promise<boolean> {
    try {
      await load();
      this.problem = '';
      return true;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      if (error instanceof LoggedOutError) this.dispatchEvent(new CustomEvent('logged-out', { bubbles: true }));
      return false;
    }
  }

  override render(): TemplateResult {
    const open = this.#area();
    return html`<div class="set-up ${open === undefined ? '' : 'open'}">
      <nav class="areas" aria-label=${t('set-up/areas')}>
        ${open === undefined ? html`<h2 tabindex="-1">${t('set-up/title')}</h2>` : nothing}
        <ul class="rows card">
          ${areas.map(
            ({ name, title, about }) => html`<li>
              <a href=${setUpAddress(name)} aria-current=${name === open?.name ? 'page' : 'false'}>
                <span class="device-name"><span class="name">${title}</span><span class="muted">${about}</span></span>
                <span class="chevron next" aria-hidden="true"></span>
              </a>
            </li>`,
          )}
        </ul>
      </nav>
      <div class="area">${open === undefined ? nothing : this.#opened(open)}</div>
    </div>`;
  }

  #opened(area: SetUpArea): TemplateResult {
    const [, ...steps] = this.steps;
    const back = steps.length === 0 ? setUpAddress() : setUpAddress(area.name);
    const to = steps.length === 0 ? t('set-up/title') : area.title;
    return html`<p class="back ${steps.length === 0 ? 'phone-only' : ''}"><a href=${back}>‹ ${to}</a></p>
      ${this.problem === '' ? nothing : html`<p class="card quiet bad" role="alert">${this.problem}</p>`}
      ${this.#drawn(area, steps)}`;
  }

  #drawn(area: SetUpArea, steps: readonly string[]): TemplateResult {
    const module = this.#moduleHere();
    if (module === undefined)
      return this.problem === '' ? html`<p class="quiet" role="status">${t('set-up/loading')}</p>` : html``;
    const parts: AreaParts = {
      site: this.#site,
      status: this.status,
      steps,
      nowMs: this.nowMs,
      go: (...to) => {
        if (isAt(area.name, steps)) location.hash = setUpAddress(area.name, ...to);
      },
    };
    try {
      return module.view(parts);
    } catch (error) {
      console.error(`set-up, ${area.name}:`, error);
      const why = error instanceof Error ? error.message : String(error);
      return html`<p class="card quiet" role="alert">${t('set-up/part-failed', { why: why.slice(0, 200) })}</p>`;
    }
  }
}

/** Whether the page still shows this place: the person may have left it before an answer came. */
function isAt(area: string, steps: readonly string[]): boolean {
  const route = routeOf(location.hash);
  return route.page === 'set-up' && isSame(route.steps, [area, ...steps]);
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((step, index) => step === other[index]);
}

customElements.define('forpost-set-up', SetUp);
