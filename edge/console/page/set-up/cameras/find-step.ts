/**
 * The first step to a new camera: the cameras that answer on the network, and the address of one that does not. Event
 * `chosen` with what was chosen.
 *
 * Always: while the step is open the list grows as cameras answer; a camera of the site is marked and leads to it.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { FoundView } from '../../../view.ts';
import { setUpAddress } from '../../route.ts';
import { t } from '../texts.ts';
import { type Chosen, foundCameras, searchCameras, told } from './camera-api.ts';

const pollMs = 700;

/** Detail of the event `chosen`: a camera to ask, or the address of a stream. */
export type ChosenEvent = CustomEvent<Chosen | { readonly stream: string }>;

class FindStep extends LitElement {
  static override properties = { found: { state: true }, problem: { state: true }, typed: { state: true } };
  declare found: FoundView | undefined;
  declare problem: string;
  declare typed: string;
  #timer: number | undefined;

  constructor() {
    super();
    this.problem = '';
    this.typed = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load(searchCameras);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  async #load(load: () => Promise<FoundView>): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.found = await load();
      this.problem = '';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    if (this.isConnected && this.found?.searching === true)
      this.#timer = window.setTimeout(() => void this.#load(foundCameras), pollMs);
  }

  #choose(detail: ChosenEvent['detail']): void {
    this.dispatchEvent(new CustomEvent('chosen', { detail }));
  }

  #byAddress(event: SubmitEvent): void {
    event.preventDefault();
    const address = this.typed.trim();
    if (address === '') return;
    this.#choose(/^rtsps?:\/\//i.test(address) ? { stream: address } : { address, label: address });
  }

  override render(): TemplateResult {
    const { found, problem } = this;
    return html`<section aria-labelledby="found-title">
      <h3 id="found-title">${t('set-up/cameras.on-network')}</h3>
      <p role="status" class="muted">${this.#state()}</p>
      ${problem === '' ? nothing : html`<p class="failure" role="alert">${problem}</p>`}
      ${
        found === undefined || found.cameras.length === 0
          ? nothing
          : html`<ul class="rows card">${found.cameras.map((camera) => this.#row(camera))}</ul>`
      }
      ${found?.problems.map((one) => html`<p class="muted">${told(one)}</p>`)}
      <p class="form-buttons"><button type="button" class="plain" ?disabled=${found?.searching === true} @click=${() => void this.#load(searchCameras)}>${t('set-up/cameras.search-again')}</button></p>
    </section>
    <form class="card" @submit=${(event: SubmitEvent) => this.#byAddress(event)}>
      <div class="field"><label for="camera-address">${t('set-up/cameras.by-address')}</label>
        <p class="muted" id="camera-address-hint">${t('set-up/cameras.by-address-hint')}</p>
        <input id="camera-address" autocomplete="off" autocapitalize="none" spellcheck="false" inputmode="url" aria-describedby="camera-address-hint" placeholder="192.168.1.64" .value=${this.typed} @input=${(
          event: Event,
        ) => {
          this.typed = (event.currentTarget as HTMLInputElement).value;
        }} /></div>
      <div class="form-buttons"><button class="primary">${t('set-up/cameras.next')}</button></div>
    </form>`;
  }

  #state(): string {
    const { found } = this;
    if (found === undefined || found.searching) return t('set-up/cameras.searching');
    return found.cameras.length === 0
      ? t('set-up/cameras.none-answered')
      : t('set-up/cameras.answered', { count: found.cameras.length });
  }

  #row({ id, name, model, host, address, known, problem }: FoundView['cameras'][number]): TemplateResult {
    const title = [name, model].filter((one) => one !== '').join(' · ') || t('set-up/cameras.a-camera');
    const label = html`<span class="device-name"><span class="name">${title}</span>
      <span class="muted">${host}${known === undefined ? nothing : html` · ${t('set-up/cameras.known')}`}</span>
      ${problem === undefined ? nothing : html`<span class="muted">${told(problem)}</span>`}</span>`;
    if (known !== undefined)
      return html`<li><a href=${setUpAddress('cameras', known)}>${label}<span class="chevron next" aria-hidden="true"></span></a></li>`;
    if (address === undefined) return html`<li><div class="row-text">${label}</div></li>`;
    return html`<li><button type="button" class="row-button" @click=${() => this.#choose({ found: id, label: `${title} (${host})` })}>${label}<span class="chevron next" aria-hidden="true"></span></button></li>`;
  }
}

customElements.define('forpost-find-camera', FindStep);
