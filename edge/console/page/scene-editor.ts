/**
 * The editor: draws zones, lines, masks and motion masks on a camera's picture, with the mouse, a finger or the keyboard.
 *
 *   opened (the saved scene) ── gestures ──► changed ── Save ──► saved, closed
 *                                               │         └── refused: reason shown, drawing kept
 *                                               └── Cancel ──► closed, nothing changed
 *
 * Always: drawing begins only after the saved scene is loaded; every change can be undone step by step; the picture below
 * stays live; nothing is sent before Save, which saves over the revision that was opened and no other.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { CameraRule, SceneNotice } from '../view.ts';
import * as api from './api.ts';
import { crossAfter, gripAt, middleOfPicture } from './scene-cross.ts';
import * as drafts from './scene-draft.ts';
import { drawing, type Grip, gripOf } from './scene-drawing.ts';
import { formats, t } from './texts.ts';
import { motionMaskMeans } from './words.ts';

type Draft = drafts.Draft;
type Point = drafts.Point;

const mostUndo = 50;
/** All changes of one gesture are undone by one step. */
const tapMovesPx = 6;

/** A tap finds a corner within this distance. */
const nearPx = 24;

interface Gesture {
  readonly pointer: number;
  readonly grip: Grip;
  readonly from: Point;
  readonly before: Draft;
  readonly px: readonly [number, number];
  moved: boolean;
}

export class SceneEditor extends LitElement {
  static override properties = {
    camera: { attribute: false },
    title: { attribute: false },
    detector: { attribute: false },
    picture: { attribute: false },
    scene: { attribute: false },
    draft: { state: true },
    size: { state: true },
    corner: { state: true },
    problem: { state: true },
    busy: { state: true },
    scale: { state: true },
    cross: { state: true },
  };
  /** id of the camera */
  declare camera: string;
  declare title: string;
  /** name of the camera's detection model */
  declare detector: string;
  /** object URL of the camera's newest picture */
  declare picture: string | undefined;
  declare scene: SceneNotice | undefined;
  declare draft: Draft;
  declare size: { readonly width: number; readonly height: number };
  /** the corner that was touched last, of the selected shape */
  declare corner: number | undefined;
  declare problem: string;
  declare busy: boolean;
  /** units of the drawing for one pixel of the screen */
  declare scale: number;
  /** the cross of the keyboard; undefined: no key has moved it since the board has the focus */
  declare cross: Point | undefined;
  #revision = '';
  #rules: readonly CameraRule[] = [];
  #undo: Draft[] = [];
  #gesture: Gesture | undefined;
  #resize: ResizeObserver | undefined;
  #loaded = false;
  /** arrow keys move a corner now: all of them are undone by one step */
  #keysMove = false;

  constructor() {
    super();
    this.draft = { shapes: [], selected: undefined, placing: undefined };
    this.size = { width: 1280, height: 720 };
    this.problem = '';
    this.busy = false;
    this.scale = 1;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override firstUpdated(): void {
    this.querySelector('dialog')?.showModal();
    const board = this.querySelector('.board');
    if (board !== null) {
      this.#resize = new ResizeObserver(() => this.#measure());
      this.#resize.observe(board);
    }
    void this.#load();
  }

  /** Sets the style by script: the content security policy allows no style attribute. */
  override updated(): void {
    const { width, height } = this.size;
    const board = this.querySelector<HTMLElement>('.board');
    board?.style.setProperty('aspect-ratio', `${width} / ${height}`);
    board?.style.setProperty('--shape', `${width / height}`);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resize?.disconnect();
  }

  async #load(): Promise<void> {
    try {
      const { revision, rules, ...scene } = await api.fetchScene(this.camera);
      this.#revision = revision;
      this.#rules = rules;
      this.#undo = [];
      this.#loaded = true;
      this.problem = '';
      this.draft = drafts.draftOf(scene);
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  async #save(): Promise<void> {
    this.busy = true;
    this.problem = '';
    try {
      await api.saveScene(this.camera, { revision: this.#revision, ...drafts.sceneOf(this.draft) });
      this.#close();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      this.busy = false;
    }
  }

  #close(): void {
    this.dispatchEvent(new CustomEvent('closed'));
  }

  #measure(): void {
    const board = this.querySelector('.board');
    if (board !== null && board.clientWidth > 0) this.scale = this.size.width / board.clientWidth;
  }

  /** Makes a change that can be undone. */
  #step(next: Draft): void {
    if (next === this.draft) return;
    this.#undo = [...this.#undo.slice(-mostUndo + 1), this.draft];
    this.draft = next;
  }

  #undoLast(): void {
    const before = this.#undo.pop();
    if (before !== undefined) this.draft = before;
    this.corner = undefined;
  }

  #pointOf(event: PointerEvent): Point {
    const { left, top, width, height } = (this.querySelector('.board') as Element).getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / height];
  }

  readonly #down = (event: PointerEvent) => {
    if (this.#gesture !== undefined || event.button > 0) return;
    const grip = gripOf(event.target);
    if (this.draft.placing === undefined && grip.what !== 'ground') event.preventDefault();
    (this.querySelector('.board') as Element).setPointerCapture(event.pointerId);
    this.#gesture = {
      pointer: event.pointerId,
      grip,
      from: this.#pointOf(event),
      before: this.draft,
      px: [event.clientX, event.clientY],
      moved: false,
    };
    if (this.draft.placing !== undefined) return;
    if (grip.what === 'corner') this.corner = grip.corner;
    if (grip.what === 'middle') {
      this.draft = drafts.insertPoint(this.draft, grip.shape, grip.corner, this.#pointOf(event));
      this.corner = grip.corner + 1;
    }
  };

  readonly #move = (event: PointerEvent) => {
    const gesture = this.#gesture;
    if (gesture === undefined || event.pointerId !== gesture.pointer || this.draft.placing !== undefined) return;
    const { grip, from, before, px } = gesture;
    gesture.moved ||= Math.hypot(event.clientX - px[0], event.clientY - px[1]) > tapMovesPx;
    if (!gesture.moved) return;
    const at = this.#pointOf(event);
    if (grip.what === 'corner') this.draft = drafts.movePoint(before, grip.shape, grip.corner, at);
    else if (grip.what === 'middle')
      this.draft = drafts.movePoint(
        drafts.insertPoint(before, grip.shape, grip.corner, at),
        grip.shape,
        grip.corner + 1,
        at,
      );
    else if (grip.what === 'shape' && grip.shape === before.selected)
      this.draft = drafts.moveShape(before, grip.shape, [at[0] - from[0], at[1] - from[1]]);
  };

  readonly #up = (event: PointerEvent) => {
    const gesture = this.#gesture;
    if (gesture === undefined || event.pointerId !== gesture.pointer) return;
    this.#gesture = undefined;
    const { grip, before } = gesture;
    if (before.placing !== undefined) {
      this.#placed(this.#pointOf(event), before.placing);
      return;
    }
    if (this.draft !== before) {
      const after = this.draft;
      this.draft = before;
      this.#step(after);
      return;
    }
    if (gesture.moved || grip.what === 'corner') return;
    this.corner = undefined;
    this.draft = drafts.select(this.draft, grip.what === 'shape' ? grip.shape : undefined);
  };

  readonly #cancelled = () => {
    if (this.#gesture !== undefined) this.draft = this.#gesture.before;
    this.#gesture = undefined;
  };

  /** A tap near the first corner closes the shape. */
  #placed(at: Point, placing: drafts.Shape): void {
    const closes = drafts.closesAt(placing, at, this.size, nearPx * this.scale);
    this.#step(closes ? drafts.close(this.draft) : drafts.place(this.draft, at));
  }

  readonly #keyed = (event: KeyboardEvent) => {
    const { placing, selected } = this.draft;
    const { cross = middleOfPicture, corner } = this;
    const next = crossAfter(cross, event.key, event.shiftKey);
    if (next !== undefined) {
      this.cross = next;
      if (placing === undefined && selected !== undefined && corner !== undefined)
        this.#moveByKey(selected, corner, next);
    } else if (event.key === 'Enter' || event.key === ' ') {
      this.cross = cross;
      if (placing === undefined) this.#pick(cross);
      else this.#placed(cross, placing);
    } else if (event.key === 'Backspace' && placing !== undefined) this.#step(drafts.unplace(this.draft));
    else return;
    event.preventDefault();
  };

  #moveByKey(shape: number, corner: number, to: Point): void {
    const moved = drafts.movePoint(this.draft, shape, corner, to);
    if (this.#keysMove) this.draft = moved;
    else this.#step(moved);
    this.#keysMove = true;
  }

  /** Enter at a corner holds it, and lets it go again; elsewhere it selects what is there. */
  #pick(at: Point): void {
    const grip = gripAt(this.draft, at, this.size, nearPx * this.scale);
    this.#keysMove = false;
    if (grip.what === 'corner') {
      this.corner = this.corner === grip.corner ? undefined : grip.corner;
      return;
    }
    this.corner = undefined;
    this.draft = drafts.select(this.draft, grip.what === 'shape' ? grip.shape : undefined);
  }

  /** By keyboard, the button that was pressed is gone afterwards: what comes next gets the focus. */
  #focusNext(event: MouseEvent, selector: string): void {
    const isByKey = event.detail === 0;
    if (isByKey) void this.updateComplete.then(() => this.querySelector<HTMLElement>(selector)?.focus());
  }

  #begin(event: MouseEvent, kind: drafts.ShapeKind): void {
    this.#step(drafts.begin(this.draft, kind));
    this.#focusNext(event, '.board');
  }

  #done(event: MouseEvent): void {
    this.#step(drafts.close(this.draft));
    this.#focusNext(event, '.tools input, .tools button');
  }

  override render(): TemplateResult {
    return html`<dialog class="editor" aria-label=${t('gateway-page/editor.title', { camera: this.title })} @cancel=${(
      event: Event,
    ) => {
      event.preventDefault();
      this.#close();
    }}>
      <div class="editor-head">
        <h2>${this.title}</h2>
        <button class="plain" @click=${() => this.#close()}>${t('gateway-page/editor.cancel')}</button>
        <button class="primary" ?disabled=${this.busy || !this.#loaded || this.draft.placing !== undefined || this.#undo.length === 0} @click=${() => void this.#save()}>${t('gateway-page/editor.save')}</button>
      </div>
      ${this.problem === '' ? nothing : html`<p class="lost" role="alert">${this.problem} ${this.#loaded ? html`<button class="plain" @click=${() => void this.#load()}>${t('gateway-page/editor.show-saved')}</button>` : nothing}</p>`}
      <div class="board" tabindex="0" role="application" aria-label=${t('gateway-page/editor.board', { camera: this.title })} aria-describedby="board-keys"
        @keydown=${this.#keyed} @blur=${() => {
          this.cross = undefined;
          this.#keysMove = false;
        }}
        @pointerdown=${this.#down} @pointermove=${this.#move} @pointerup=${this.#up} @pointercancel=${this.#cancelled}>
        ${this.picture === undefined ? html`<p class="no-picture">${t('gateway-page/editor.no-picture')}</p>` : html`<img src=${this.picture} alt="" draggable="false" @load=${this.#pictured} />`}
        ${drawing(this)}
      </div>
      <p class="board-keys" id="board-keys">${t('gateway-page/editor.keys')}</p>
      <p class="for-screen-readers" role="status">${this.cross === undefined ? '' : t('gateway-page/editor.cross-at', { x: formats.share(this.cross[0]), y: formats.share(this.cross[1]) })}</p>
      <div class="tools">${this.#tools()}</div>
    </dialog>`;
  }

  readonly #pictured = (event: Event) => {
    const { naturalWidth: width, naturalHeight: height } = event.currentTarget as HTMLImageElement;
    if (width === 0 || (width === this.size.width && height === this.size.height)) return;
    this.size = { width, height };
    this.#measure();
  };

  #tools(): TemplateResult {
    const { placing, selected, shapes } = this.draft;
    if (placing !== undefined) return this.#placingTools(placing);
    const shape = selected === undefined ? undefined : shapes[selected];
    const undo = html`<button ?disabled=${this.#undo.length === 0} @click=${() => this.#undoLast()}>${t('gateway-page/editor.undo')}</button>`;
    if (shape === undefined || selected === undefined)
      return html`<p class="hint">${!this.#loaded ? t('gateway-page/loading') : shapes.length === 0 ? t('gateway-page/editor.empty') : t('gateway-page/editor.tap')}</p>
        <div class="row">
          ${drafts.shapeKinds.map(
            (kind) =>
              html`<button ?disabled=${!this.#loaded} @click=${(event: MouseEvent) => this.#begin(event, kind)}>${drafts.newTitles[kind]}</button>`,
          )}
          ${undo}
        </div>`;
    return this.#shapeTools(shape, selected, undo);
  }

  #placingTools(placing: drafts.Shape): TemplateResult {
    const count = placing.points.length;
    const more =
      placing.kind !== 'line' && count >= drafts.fewestCorners ? ` ${t('gateway-page/editor.close-shape')}` : '';
    return html`<p class="hint" role="status">${drafts.drawHints[placing.kind]}${more}</p>
      <div class="row">
        <button @click=${() => this.#step(drafts.unplace(this.draft))}>${count === 0 ? t('gateway-page/editor.do-not-draw') : t('gateway-page/editor.take-back')}</button>
        ${
          placing.kind === 'line'
            ? nothing
            : html`<button class="primary" ?disabled=${!drafts.isWhole(placing)} @click=${(event: MouseEvent) => this.#done(event)}>${t('gateway-page/editor.done')}</button>`
        }
      </div>`;
  }

  #shapeTools(shape: drafts.Shape, index: number, undo: TemplateResult): TemplateResult {
    const users = drafts.usedBy(shape, this.#rules);
    const { corner } = this;
    const removable = corner !== undefined && shape.kind !== 'line' && shape.points.length > drafts.fewestCorners;
    const means = this.#means(shape.kind);
    return html`${
      means !== ''
        ? html`<p class="hint">${means}</p>`
        : html`<label class="name">${drafts.shapeTitles[shape.kind]}
            <input .value=${shape.name} maxlength="60" autocomplete="off" @change=${(event: Event) =>
              this.#step(drafts.rename(this.draft, index, (event.currentTarget as HTMLInputElement).value))} />
          </label>`
    }
      ${users.length === 0 ? nothing : html`<p class="hint">${t('gateway-page/editor.watched-by', { rules: users.map(({ name }) => name).join(', ') })}</p>`}
      <div class="row">
        <button @click=${() => {
          this.draft = drafts.select(this.draft, undefined);
          this.corner = undefined;
        }}>${t('gateway-page/editor.back')}</button>
        ${removable ? html`<button @click=${() => this.#removeCorner(index, corner)}>${t('gateway-page/editor.remove-corner')}</button>` : nothing}
        <button class="danger" ?disabled=${users.length > 0} title=${users.length > 0 ? t('gateway-page/editor.rule-watches') : ''} @click=${() => this.#step(drafts.remove(this.draft, index))}>${t('gateway-page/editor.delete')}</button>
        ${undo}
      </div>`;
  }

  /** What a mask or motion mask does: these shapes have no name to show. */
  #means(kind: drafts.ShapeKind): string {
    if (kind === 'mask') return t('gateway-page/editor.mask-means');
    return kind === 'motion' ? motionMaskMeans(this.detector) : '';
  }

  #removeCorner(shape: number, corner: number): void {
    this.#step(drafts.removePoint(this.draft, shape, corner));
    this.corner = undefined;
  }
}

customElements.define('forpost-scene-editor', SceneEditor);
