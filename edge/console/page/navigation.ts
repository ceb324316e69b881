/**
 * The page's two places, the overview and set-up: a bar at a phone's lower edge, where a thumb is, and a line of links on a
 * desk. Set-up's modules, texts and styles are loaded when it is opened for the first time.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { ConsoleStatus } from '../view.ts';
import type { Route } from './route.ts';
import { t } from './texts.ts';

/** `alarms`: how many wait for somebody; set-up must not hide them. */
export function navigation({ page }: Route, alarms: number): TemplateResult {
  const link = (to: Route['page'], address: string, title: unknown) =>
    html`<a href=${address} aria-current=${page === to ? 'page' : 'false'}>${title}</a>`;
  const waiting =
    alarms === 0
      ? nothing
      : html` <span class="count" role="img" aria-label=${t('gateway-page/places.alarms', { count: alarms })}>${alarms}</span>`;
  return html`<nav class="places" aria-label=${t('gateway-page/places.label')}>
    ${link('overview', '#', html`${t('gateway-page/places.overview')}${waiting}`)}
    ${link('set-up', '#set-up', t('gateway-page/places.set-up'))}
  </nav>`;
}

type Loading = 'loading' | 'loaded' | 'failed';

/** Stands for set-up until its modules are here. */
class SetUpDoor extends LitElement {
  static override properties = {
    status: { attribute: false },
    steps: { attribute: false },
    nowMs: { attribute: false },
    lost: { attribute: false },
    loading: { state: true },
  };
  declare status: ConsoleStatus;
  /** the area, and what is open there */
  declare steps: readonly string[];
  declare nowMs: number;
  /** the gateway does not answer now */
  declare lost: boolean;
  declare loading: Loading;

  constructor() {
    super();
    this.loading = 'loading';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      const { ready } = await import('./set-up/main.ts');
      await ready;
      this.loading = 'loaded';
    } catch (error) {
      console.error('set-up:', error);
      this.loading = 'failed';
    }
  }

  /** A browser may remember that a module could not be loaded until the page is loaded again. */
  override render(): TemplateResult {
    if (this.loading === 'loading') return html`<p class="waiting" role="status">${t('gateway-page/loading')}</p>`;
    if (this.loading === 'loaded')
      return html`<forpost-set-up .status=${this.status} .steps=${this.steps} .nowMs=${this.nowMs} .lost=${this.lost}></forpost-set-up>`;
    return html`<p class="card quiet" role="alert">${t('gateway-page/places.not-loaded')}
      <button class="plain" @click=${() => location.reload()}>${t('gateway-page/places.reload')}</button></p>`;
  }
}

customElements.define('forpost-set-up-door', SetUpDoor);
