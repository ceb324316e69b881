/**
 * The place of one camera: its live picture, in which zones are drawn; a test of its streams; its form; its log-in.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { CameraScene, Edit, Fields, StreamTestView } from '../../../view.ts';
import { fetchScene, LoggedOutError } from '../../api.ts';
import '../../camera-view.ts';
import { sentence } from '../../words.ts';
import type { AreaParts } from '../area.ts';
import type { Values } from '../form/fields.ts';
import { entryForm } from '../form/form.ts';
import { focusAgain, gone, heading } from '../parts.ts';
import type { SaveOptions } from '../site-store.ts';
import { t } from '../texts.ts';
import { saveCamera, testStreams } from './camera-api.ts';
import { cameraFields, loginFields } from './fields.ts';
import { testView } from './test-view.ts';

class CameraPlace extends LitElement {
  static override properties = {
    parts: { attribute: false },
    camera: { attribute: false },
    done: { state: true },
    problem: { state: true },
    testing: { state: true },
    tested: { state: true },
    drawn: { state: true },
  };
  declare parts: AreaParts;
  /** its id */
  declare camera: string;
  declare done: string;
  declare problem: string;
  declare testing: boolean;
  declare tested: StreamTestView | undefined;
  declare drawn: CameraScene | undefined;
  /** the site's revision for which the drawing was loaded */
  #drawnFor = '';

  constructor() {
    super();
    this.done = '';
    this.problem = '';
    this.testing = false;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override willUpdate(): void {
    const { cameras, revision } = this.parts.status;
    const key = `${this.camera} ${revision}`;
    // a new camera is in the status a moment later
    if (key === this.#drawnFor || !cameras.some(({ id }) => id === this.camera)) return;
    this.#drawnFor = key;
    fetchScene(this.camera).then(
      (scene) => {
        this.drawn = scene;
      },
      // the picture is shown without the drawing; the next revision loads the drawing again
      (error: unknown) => console.warn('scene:', error),
    );
  }

  async #test(entry: Fields): Promise<void> {
    this.testing = true;
    this.problem = '';
    try {
      const urls = [...new Set([entry.url, entry.main_url])].flatMap((url) => (typeof url === 'string' ? [url] : []));
      const transport = entry.transport === 'udp' ? ({ transport: 'udp' } as const) : {};
      this.tested = await testStreams(
        urls.map((url) => ({ url, ...transport })),
        undefined,
        { camera: this.camera },
      );
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      if (error instanceof LoggedOutError) this.dispatchEvent(new CustomEvent('logged-out', { bubbles: true }));
    } finally {
      this.testing = false;
    }
    await focusAgain(this, '.form-buttons button');
  }

  override render(): TemplateResult {
    const { site, status } = this.parts;
    const entry = site.entry('cameras', this.camera);
    if (entry === undefined) return html`${heading(this.camera)}${gone()}`;
    const state = status.cameras.find(({ id }) => id === this.camera);
    const saved = () => {
      this.done = t('set-up/form.saved');
    };
    return html`${heading(String(entry.name ?? this.camera))}
      ${this.done === '' ? nothing : html`<p class="done" role="status">${this.done}</p>`}
      ${state === undefined ? nothing : html`<forpost-camera .camera=${state} .drawn=${this.drawn}></forpost-camera>`}
      ${this.#testPart(entry)}
      ${entryForm(site, this.#form(), saved)}
      <h3>${t('set-up/cameras.login')}</h3>
      <p class="muted">${t('set-up/cameras.login-hint')}</p>
      ${entryForm(site, this.#loginForm(), saved)}
      ${this.#loginRemoval()}
      ${this.#removal()}`;
  }

  #testPart(entry: Fields): TemplateResult {
    const names = new Map([
      [String(entry.main_url ?? ''), t('set-up/cameras.for-evidence')],
      [String(entry.url ?? ''), t('set-up/cameras.for-detection')],
    ]);
    return html`<p class="form-buttons"><button type="button" class="plain" ?disabled=${this.testing} @click=${() => void this.#test(entry)}>${t('set-up/cameras.test')}</button></p>
      <p role="status" class="busy-line">${this.testing ? t('set-up/cameras.testing') : ''}</p>
      ${this.problem === '' ? nothing : html`<p class="failure" role="alert">${sentence(this.problem)}.</p>`}
      ${this.tested === undefined ? nothing : testView(this.tested, names)}`;
  }

  #form() {
    return {
      key: `cameras/${this.camera}`,
      fields: cameraFields,
      save: t('set-up/form.save'),
      at: () => ['cameras', this.camera],
    };
  }

  /** The log-in stands among the secrets: nothing of it is shown. */
  #loginForm() {
    return {
      key: `cameras/${this.camera}/login`,
      fields: loginFields,
      save: t('set-up/cameras.save-login'),
      at: () => ['camera-log-in', this.camera],
      send: (edits: readonly Edit[], options: SaveOptions, secrets: Values) => {
        const typed = edits.find((edit) => 'set' in edit);
        const user = typed !== undefined && 'value' in typed ? String(typed.value) : '';
        const login = { user, password: String(secrets.password ?? '') };
        return saveCamera(this.parts.site, this.camera, [], login, options);
      },
    };
  }

  /** Asked about first: without its log-in most cameras show no picture. */
  #loginRemoval(): TemplateResult {
    return html`<details class="card removal"><summary>${t('set-up/cameras.remove-login')}</summary>
      <p>${t('set-up/cameras.remove-login-what')}</p>
      <button type="button" class="danger" @click=${(event: Event) => void this.#removeLogin((event.currentTarget as HTMLElement).closest('details'))}>${t('set-up/cameras.remove-login-now')}</button></details>`;
  }

  async #removeLogin(question: HTMLDetailsElement | null): Promise<void> {
    const { site } = this.parts;
    this.done = '';
    this.problem = '';
    try {
      const none = { user: '', password: '' };
      const answer = await saveCamera(site, this.camera, [], none, { seen: site.revision.sha256 });
      if ('saved' in answer) {
        this.done = t('set-up/cameras.login-removed');
        question?.removeAttribute('open');
      } else if ('mistakes' in answer) this.problem = answer.mistakes.map(({ words }) => words).join(' ');
      else this.problem = answer.conflict.changes.join(' ');
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  #removal(): TemplateResult {
    return html`<details class="card removal"><summary>${t('set-up/cameras.remove')}</summary>
      <p>${t('set-up/cameras.remove-what')}</p>
      <button type="button" class="danger" @click=${() => void this.#remove()}>${t('set-up/cameras.remove')}</button></details>`;
  }

  async #remove(): Promise<void> {
    const { site, go } = this.parts;
    try {
      const answer = await site.save([{ remove: ['cameras', this.camera] }], { seen: site.revision.sha256 });
      if ('saved' in answer) go();
      else if ('mistakes' in answer) this.problem = answer.mistakes.map(({ words }) => words).join(' ');
      else this.problem = answer.conflict.changes.join(' ');
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }
}

customElements.define('forpost-camera-place', CameraPlace);
