/**
 * The test of a camera: the things in its picture now, and each rule's verdict on each change, with its reason.
 *
 *   asked ── begun ──► asked again every `checkEveryMs` ── End test ──► ended, closed
 *                                                            └── failed: error shown, asked again as before
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { CameraScene, CameraTest, SceneNotice } from '../view.ts';
import * as api from './api.ts';
import { boxesStaleMs } from './scene-at.ts';
import { formats, say, t } from './texts.ts';
import { className } from './words.ts';

const checkEveryMs = 1000;
const testSeconds = 600;

export class CameraTestView extends LitElement {
  static override properties = {
    camera: { attribute: false },
    scene: { attribute: false },
    drawn: { attribute: false },
    test: { state: true },
    problem: { state: true },
    unended: { state: true },
    seenAt: { state: true },
  };
  declare camera: string;
  declare scene: SceneNotice | undefined;
  declare drawn: CameraScene;
  declare test: CameraTest | undefined;
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
    void this.#run(() => api.beginCameraTest(this.camera, testSeconds));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('scene')) this.#sceneAt = Date.now();
  }

  async #run(ask: () => Promise<CameraTest>): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.test = await ask();
      this.problem = '';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.#refreshSoon();
  }

  #refreshSoon(): void {
    clearTimeout(this.#timer);
    if (this.isConnected)
      this.#timer = window.setTimeout(() => void this.#run(() => api.fetchCameraTest(this.camera)), checkEveryMs);
  }

  async #end(): Promise<void> {
    clearTimeout(this.#timer);
    this.unended = '';
    try {
      await api.beginCameraTest(this.camera, 0);
      this.dispatchEvent(new CustomEvent('closed'));
    } catch (error) {
      this.unended = t('gateway-page/test.not-ended', { why: error instanceof Error ? error.message : String(error) });
      this.#refreshSoon();
    }
  }

  override render(): TemplateResult {
    const { test } = this;
    const left = test?.secondsLeft ?? 0;
    // a test that is already over needs no end
    const problem = this.unended !== '' && left > 0 ? this.unended : this.problem;
    const minutes = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    return html`<div class="camera-test" aria-label=${t('gateway-page/test.title')}>
      <div class="camera-test-head">
        <p><strong>${t('gateway-page/test.title')}</strong> ${test === undefined ? nothing : left > 0 ? html`<span class="muted">${t('gateway-page/test.left', { time: minutes })}</span>` : html`<span class="muted">${t('gateway-page/test.over')}</span>`}</p>
        ${
          left > 0 || test === undefined
            ? html`<button @click=${() => void this.#end()}>${t('gateway-page/test.end')}</button>`
            : html`<button @click=${() => void this.#run(() => api.beginCameraTest(this.camera, testSeconds))}>${t('gateway-page/test.again')}</button>
                <button class="plain" @click=${() => this.dispatchEvent(new CustomEvent('closed'))}>${t('gateway-page/test.close')}</button>`
        }
      </div>
      ${problem === '' ? nothing : html`<p class="lost" role="alert">${problem}</p>`}
      <p class="hint">${t('gateway-page/test.hint')}</p>
      <p class="now"><strong>${t('gateway-page/test.now')}</strong> ${this.#now()}</p>
      ${
        test === undefined || test.entries.length === 0
          ? html`<p class="quiet">${t('gateway-page/test.nothing-yet')}</p>`
          : html`<ul class="entries">${repeat(
              test.entries,
              ({ id }) => id,
              ({ time, what, whatI18n, verdicts }) => html`<li>
                <p class="what"><span class="muted">${formats.clockTimeToSecond(time, Date.parse(time))}</span> ${say(whatI18n, what)}</p>
                ${
                  verdicts.length === 0
                    ? html`<p class="verdict none"><span class="mark">–</span> <span>${t('gateway-page/test.no-rule')}</span></p>`
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
    if (tracks.length === 0) return t('gateway-page/test.nothing-seen');
    const zoneName = (id: string) => this.drawn.zones.find((zone) => zone.id === id)?.name ?? id;
    return tracks
      .map(({ class: kind, score, zones, static: stands }) => {
        const seen = { kind: className(kind), score: formats.share(score) };
        const track =
          zones.length === 0
            ? t('gateway-page/test.in-no-zone', seen)
            : t('gateway-page/test.in-zones', { ...seen, zones: formats.list(zones.map(zoneName)) });
        return stands ? t('gateway-page/test.parked', { track }) : track;
      })
      .join('; ');
  }
}

customElements.define('forpost-camera-test', CameraTestView);
