/**
 * The test of a camera: the things in its picture now, and each rule's verdict on each change, with its reason.
 *
 *   asked ── begun ──► asked again every `checkEveryMs` ── End test ──► ended, closed
 *                                                            └── failed: error shown, asked again as before
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { CameraScene, SceneNotice, TrialView as Trial } from '../view.ts';
import * as api from './api.ts';
import { boxesStaleMs } from './scene-at.ts';
import { formats, say, t } from './texts.ts';
import { className } from './words.ts';

const checkEveryMs = 1000;
const trialSeconds = 600;

export class TrialView extends LitElement {
  static override properties = {
    camera: { attribute: false },
    scene: { attribute: false },
    drawn: { attribute: false },
    trial: { state: true },
    problem: { state: true },
    unended: { state: true },
    seenAt: { state: true },
  };
  declare camera: string;
  declare scene: SceneNotice | undefined;
  declare drawn: CameraScene;
  declare trial: Trial | undefined;
  /** why the last request failed */
  declare problem: string;
  /** why the test could not be ended; empty before the first try */
  declare unended: string;
  #timer: number | undefined;
  #sceneAt = 0;

  constructor() {
    super();
    this.problem = '';
    this.unended = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#run(() => api.beginTrial(this.camera, trialSeconds));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('scene')) this.#sceneAt = Date.now();
  }

  async #run(ask: () => Promise<Trial>): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.trial = await ask();
      this.problem = '';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.#lookSoon();
  }

  #lookSoon(): void {
    clearTimeout(this.#timer);
    if (this.isConnected)
      this.#timer = window.setTimeout(() => void this.#run(() => api.fetchTrial(this.camera)), checkEveryMs);
  }

  async #end(): Promise<void> {
    clearTimeout(this.#timer);
    this.unended = '';
    try {
      await api.beginTrial(this.camera, 0);
      this.dispatchEvent(new CustomEvent('closed'));
    } catch (error) {
      this.unended = t('gateway-page/trial.not-ended', { why: error instanceof Error ? error.message : String(error) });
      this.#lookSoon();
    }
  }

  override render(): TemplateResult {
    const { trial } = this;
    const left = trial?.secondsLeft ?? 0;
    // a test that is already over needs no end
    const problem = this.unended !== '' && left > 0 ? this.unended : this.problem;
    const minutes = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    return html`<div class="trial" aria-label=${t('gateway-page/trial.title')}>
      <div class="trial-head">
        <p><strong>${t('gateway-page/trial.title')}</strong> ${trial === undefined ? nothing : left > 0 ? html`<span class="muted">${t('gateway-page/trial.left', { time: minutes })}</span>` : html`<span class="muted">${t('gateway-page/trial.over')}</span>`}</p>
        ${
          left > 0 || trial === undefined
            ? html`<button @click=${() => void this.#end()}>${t('gateway-page/trial.end')}</button>`
            : html`<button @click=${() => void this.#run(() => api.beginTrial(this.camera, trialSeconds))}>${t('gateway-page/trial.again')}</button>
                <button class="plain" @click=${() => this.dispatchEvent(new CustomEvent('closed'))}>${t('gateway-page/trial.close')}</button>`
        }
      </div>
      ${problem === '' ? nothing : html`<p class="lost" role="alert">${problem}</p>`}
      <p class="hint">${t('gateway-page/trial.hint')}</p>
      <p class="now"><strong>${t('gateway-page/trial.now')}</strong> ${this.#now()}</p>
      ${
        trial === undefined || trial.entries.length === 0
          ? html`<p class="quiet">${t('gateway-page/trial.nothing-yet')}</p>`
          : html`<ul class="entries">${repeat(
              trial.entries,
              ({ id }) => id,
              ({ time, what, whatI18n, verdicts }) => html`<li>
                <p class="what"><span class="muted">${formats.clockTimeToSecond(time, Date.parse(time))}</span> ${say(whatI18n, what)}</p>
                ${
                  verdicts.length === 0
                    ? html`<p class="verdict none"><span class="mark">–</span> <span>${t('gateway-page/trial.no-rule')}</span></p>`
                    : verdicts.map(
                        ({ name, fired, why, whyI18n }) =>
                          html`<p class="verdict ${fired ? 'fired' : ''}"><span class="mark" aria-hidden="true">${fired ? '!' : '–'}</span> <span><strong>${name}:</strong> ${say(whyI18n, why)}</span></p>`,
                      )
                }
              </li>`,
            )}</ul>`
      }
    </div>`;
  }

  #now(): string {
    const tracks = Date.now() - this.#sceneAt > boxesStaleMs ? [] : (this.scene?.tracks ?? []);
    if (tracks.length === 0) return t('gateway-page/trial.nothing-seen');
    const zoneName = (id: string) => this.drawn.zones.find((zone) => zone.id === id)?.name ?? id;
    return tracks
      .map(({ class: kind, score, zones, static: stands }) => {
        const seen = { kind: className(kind), score: formats.share(score) };
        const track =
          zones.length === 0
            ? t('gateway-page/trial.in-no-zone', seen)
            : t('gateway-page/trial.in-zones', { ...seen, zones: formats.list(zones.map(zoneName)) });
        return stands ? t('gateway-page/trial.parked', { track }) : track;
      })
      .join('; ');
  }
}

customElements.define('forpost-trial', TrialView);
