/**
 * One camera: its newest picture with zones and boxes, and its state with the reason in words.
 *
 *   out of sight ── scrolled into view ──► fetching ── picture shown, `pictureEveryMs` waited ──► fetching
 *
 * Always: one picture is fetched at a time, and none for a camera out of sight. The drawing has the picture's proportions.
 * The boxes belong to the frame of the picture. The event `wanted` (true or false) says whether the camera's scenes are
 * needed: the camera is in view, drawn on or tested.
 */
import type { CameraStatus } from '@forpost/shared/event/status.ts';
import { html, LitElement, nothing, type PropertyValues, svg, type TemplateResult } from 'lit';
import type { CameraScene, SceneNotice } from '../view.ts';
import { fetchPicture } from './api.ts';
import { badge } from './parts.ts';
import { sceneAt, withScene } from './scene-at.ts';
import './scene-editor.ts';
import './camera-test-view.ts';
import { formats, t } from './texts.ts';
import { cameraStateWords, className } from './words.ts';

const pictureEveryMs = 500;
/** Wait after a failed fetch: the gateway restarts, the phone left the network, or the log-in has ended. */
const retryEveryMs = 3000;

const nothingDrawn: CameraScene = { zones: [], lines: [], masks: [], motion_masks: [] };

export class CameraView extends LitElement {
  static override properties = {
    camera: { attribute: false },
    drawn: { attribute: false },
    mayAct: { attribute: false },
    mode: { state: true },
    scene: { attribute: false },
    picture: { state: true },
    size: { state: true },
    takenMs: { state: true },
  };
  declare camera: CameraStatus;
  declare drawn: CameraScene | undefined;
  /** false: a viewer */
  declare mayAct: boolean;
  declare mode: 'look' | 'draw' | 'try';
  declare scene: SceneNotice | undefined;
  /** object URL of the shown picture */
  declare picture: string | undefined;
  declare size: { readonly width: number; readonly height: number };
  /** when the picture's frame was complete, ms since 1970 of the gateway's clock */
  declare takenMs: number;
  #observer: IntersectionObserver | undefined;
  #timer: number | undefined;
  #scenes: readonly SceneNotice[] = [];
  #seen = false;
  #fetching = false;
  #inUse = false;

  constructor() {
    super();
    this.mode = 'look';
    this.mayAct = true;
    this.size = { width: 1280, height: 720 };
    this.takenMs = 0;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#observer = new IntersectionObserver((entries) => {
      this.#seen = entries.some((entry) => entry.isIntersecting);
      this.#reportUse();
      if (this.#seen) void this.#fetch();
    });
    this.#observer.observe(this);
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#reportUse();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer?.disconnect();
    document.removeEventListener('visibilitychange', this.#onVisibility);
    clearTimeout(this.#timer);
    this.#seen = false;
    this.#reportUse();
    this.#show(undefined);
  }

  override willUpdate(changed: PropertyValues): void {
    if (changed.has('scene') && this.scene !== undefined) this.#scenes = withScene(this.#scenes, this.scene);
  }

  readonly #onVisibility = () => {
    if (!document.hidden && this.#seen) void this.#fetch();
  };

  async #fetch(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#fetching || !this.isConnected || !this.#seen || document.hidden) return;
    this.#fetching = true;
    let waitMs = pictureEveryMs;
    try {
      const picture = await fetchPicture(this.camera.id);
      if (picture !== undefined) {
        this.takenMs = picture.takenMs;
        this.#show(URL.createObjectURL(picture.blob));
      }
      if (picture === undefined) waitMs = retryEveryMs;
    } catch {
      // the page notices an ended log-in or a gateway that does not answer by its stream
      waitMs = retryEveryMs;
    } finally {
      this.#fetching = false;
    }
    if (this.isConnected) this.#timer = window.setTimeout(() => void this.#fetch(), waitMs);
  }

  #show(url: string | undefined): void {
    const before = this.picture;
    this.picture = url;
    if (before !== undefined) URL.revokeObjectURL(before);
  }

  readonly #loaded = (event: Event) => {
    const { naturalWidth: width, naturalHeight: height } = event.currentTarget as HTMLImageElement;
    if (width > 0 && (width !== this.size.width || height !== this.size.height)) this.size = { width, height };
  };

  override render(): TemplateResult {
    const shown = cameraStateWords(this.camera);
    const { detector, framesPerSecond, name, place, state } = this.camera;
    const old = state !== 'live' && this.picture !== undefined;
    const pace =
      state === 'live'
        ? t('gateway-page/cameras.pace', { rate: formats.number(framesPerSecond, 1), detector })
        : detector;
    return html`<figure class="card camera">
      <div class="picture ${old ? 'old' : ''}">
        ${
          this.picture === undefined
            ? html`<p class="no-picture">${state === 'live' || state === 'connecting' ? t('gateway-page/cameras.no-picture-yet') : t('gateway-page/cameras.no-picture')}</p>`
            : html`<img src=${this.picture} alt=${t('gateway-page/cameras.latest', { name })} @load=${this.#loaded} />${this.#drawing()}`
        }
        ${old ? html`<p class="old-note">${t('gateway-page/cameras.old')}</p>` : nothing}
      </div>
      <figcaption>
        <span class="name">${name}</span>
        ${place === undefined ? nothing : html`<span class="muted">${place}</span>`}
        ${badge(shown)}
        <span class="muted">${shown.text === '' ? pace : shown.text}</span>
        ${state === 'live' ? legend(detector) : nothing}
        ${
          this.mayAct
            ? html`<span class="row">
          <button @click=${() => this.#turn('draw')}>${t('gateway-page/cameras.draw')}</button>
          ${this.mode === 'try' ? nothing : html`<button @click=${() => this.#turn('try')}>${t('gateway-page/cameras.test')}</button>`}
        </span>`
            : nothing
        }
      </figcaption>
      ${
        this.mode === 'try'
          ? html`<forpost-camera-test .camera=${this.camera.id} .scene=${this.scene} .drawn=${this.drawn ?? nothingDrawn} @closed=${() => this.#turn('look')}></forpost-camera-test>`
          : nothing
      }
      ${
        this.mode === 'draw'
          ? html`<forpost-scene-editor .camera=${this.camera.id} .title=${name} .detector=${detector} .picture=${this.picture} .scene=${sceneAt(this.#scenes, this.takenMs)} @closed=${() => this.#turn('look')}></forpost-scene-editor>`
          : nothing
      }
    </figure>`;
  }

  #turn(mode: 'look' | 'draw' | 'try'): void {
    this.mode = mode;
    this.#reportUse();
    if (mode === 'look') void this.#focusAgain();
  }

  /** A dialog or a part that had the focus is gone. */
  async #focusAgain(): Promise<void> {
    await this.updateComplete;
    if (document.activeElement === document.body) this.querySelector<HTMLElement>('figcaption button')?.focus();
  }

  #reportUse(): void {
    const inUse = this.isConnected && (this.#seen || this.mode !== 'look');
    if (inUse === this.#inUse) return;
    this.#inUse = inUse;
    this.dispatchEvent(new CustomEvent('wanted', { detail: inUse }));
  }

  #drawing(): TemplateResult {
    const { width, height } = this.size;
    const text = width / 36;
    const { zones, lines } = this.drawn ?? nothingDrawn;
    const tracks = this.camera.state === 'live' ? (sceneAt(this.#scenes, this.takenMs)?.tracks ?? []) : [];
    const entered = new Set(tracks.filter((track) => !track.static).flatMap((track) => track.zones));
    return html`<svg class="drawing" viewBox="0 0 ${width} ${height}" font-size=${text} aria-hidden="true">
      ${lines.map((line) => {
        const [[x1, y1], [x2, y2]] = line.points;
        return svg`<g class="line"><polyline points="${x1 * width},${y1 * height} ${x2 * width},${y2 * height}" />
          <text x=${Math.min(x1, x2) * width} y=${Math.min(y1, y2) * height - text / 2}>${line.name ?? line.id}</text></g>`;
      })}
      ${zones.map((zone) => {
        const points = zone.points.map(([x, y]) => [x * width, y * height] as const);
        const left = Math.min(...points.map(([x]) => x));
        const bottom = Math.max(...points.map(([, y]) => y));
        return svg`<g class="zone ${entered.has(zone.id) ? 'entered' : ''}">
          <polygon points=${points.map(([x, y]) => `${x},${y}`).join(' ')} />
          <text x=${left + text / 3} y=${bottom - text / 2}>${zone.name ?? zone.id}</text>
        </g>`;
      })}
      ${tracks.map(({ box: [x, y, w, h], class: kind, score, zones: within, static: stands }) => {
        const top = y * height;
        // in the right half the label ends with its box, so that the picture's edge does not cut it
        const right = x + w / 2 > 0.5;
        return svg`<g class="track ${stands ? 'stands' : within.length > 0 ? 'entered' : ''}">
          <rect x=${x * width} y=${top} width=${w * width} height=${h * height} />
          <text x=${right ? (x + w) * width : Math.max(0, x * width)} text-anchor=${right ? 'end' : 'start'} y=${top > text * 1.4 ? top - text / 3 : top + h * height + text}>${stands ? t('gateway-page/cameras.stands', { kind: className(kind) }) : `${className(kind)} ${formats.share(score)}`}</text>
        </g>`;
      })}
    </svg>`;
  }
}

/** The legend of the boxes. The built-in motion detector finds only moving things. */
function legend(detector: string): TemplateResult {
  const key = (kind: string, words: string) =>
    html`<li><span class="swatch ${kind}" aria-hidden="true"></span>${words}</li>`;
  return html`<ul class="legend" aria-label=${t('gateway-page/cameras.boxes')}>
    ${key('seen', t('gateway-page/cameras.box-seen'))} ${key('entered', t('gateway-page/cameras.box-in-zone'))}
    ${detector === 'motion' ? nothing : key('stands', t('gateway-page/cameras.box-stands'))}
  </ul>`;
}

customElements.define('forpost-camera', CameraView);
