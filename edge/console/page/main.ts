/**
 * The page as a whole: who is logged in, the stream of what happens, and the sections in their order.
 *
 *   asking ── nobody ──► log-in ── right ──► open (stream) ── stream ends or is silent, page shown again ──► asking
 *
 * Always: what is on the screen is what the gateway said last, and where it no longer says anything a line on top says
 * so (a box without power and a phone out of its network end no connection); a page that nobody looks at holds no stream.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ConsoleStatus, DeadLetterView, SceneNotice, StreamEvents } from '../view.ts';
import { alarmsView } from './alarms-view.ts';
import * as api from './api.ts';
import './camera-view.ts';
import { devicesView } from './devices-view.ts';
import { gatewayView, problemsView, uplinkView } from './gateway-view.ts';
import { loginView } from './login-view.ts';
import { section } from './parts.ts';
import { summaryView } from './summary-view.ts';

const retryMs = 3000;
/** The gateway says something every 4 s. */
const silenceMs = 12_000;
/** The words "3 s ago" move on also while nothing happens. */
const tickMs = 1000;

type Phase = 'asking' | 'log-in' | 'open';

class ForpostConsole extends LitElement {
  static override properties = {
    phase: { state: true },
    user: { state: true },
    status: { state: true },
    scenes: { state: true },
    pending: { state: true },
    deadLetters: { state: true },
    problem: { state: true },
    busy: { state: true },
    connected: { state: true },
  };
  declare phase: Phase;
  declare user: string;
  declare status: ConsoleStatus | undefined;
  declare scenes: ReadonlyMap<string, SceneNotice>;
  declare pending: ReadonlySet<string>;
  declare deadLetters: ReadonlyMap<string, readonly DeadLetterView[] | string>;
  declare problem: string;
  declare busy: boolean;
  declare connected: boolean;
  #stream: EventSource | undefined;
  #watched = '';
  #retry: number | undefined;
  #silence: number | undefined;
  #tick: number | undefined;
  /** the gateway's clock minus this machine's, ms */
  #clockOffsetMs = 0;

  constructor() {
    super();
    this.phase = 'asking';
    this.user = '';
    this.scenes = new Map();
    this.pending = new Set();
    this.deadLetters = new Map();
    this.problem = '';
    this.busy = false;
    this.connected = true;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#tick = window.setInterval(() => this.requestUpdate(), tickMs);
    void this.#ask();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#onVisibility);
    clearInterval(this.#tick);
    this.#close();
  }

  readonly #onVisibility = () => {
    if (document.hidden) this.#close();
    else if (this.phase !== 'log-in') void this.#ask();
  };

  /** Who is logged in, the status, and then the stream. Tried again until the gateway answers. */
  async #ask(): Promise<void> {
    this.#close();
    try {
      const user = await api.sessionUser();
      if (user === null) {
        this.phase = 'log-in';
        this.status = undefined;
        return;
      }
      this.user = user;
      this.#take(await api.fetchStatus());
      this.phase = 'open';
      this.connected = true;
      this.#open();
    } catch (error) {
      this.connected = false;
      this.problem = error instanceof Error ? error.message : String(error);
      this.#retry = window.setTimeout(() => void this.#ask(), retryMs);
    }
  }

  #open(): void {
    this.#watched = (this.status?.cameras ?? []).map(({ id }) => id).join(',');
    const stream = new EventSource(`/api/v1/stream?watch=${encodeURIComponent(this.#watched)}`);
    const on = <Name extends keyof StreamEvents>(name: Name, take: (data: StreamEvents[Name]) => void) =>
      stream.addEventListener(name, (event) => {
        this.#heard();
        take(JSON.parse(event.data) as StreamEvents[Name]);
      });
    on('tick', ({ at }) => this.#setClock(at));
    on('status', (status) => this.#take(status));
    on('scene', (scene) => {
      this.scenes = new Map(this.scenes).set(scene.camera, scene);
    });
    stream.addEventListener('open', () => {
      this.connected = true;
      this.problem = '';
    });
    stream.addEventListener('error', () => this.#lost());
    this.#stream = stream;
    this.#heard();
  }

  #heard(): void {
    clearTimeout(this.#silence);
    this.#silence = window.setTimeout(() => this.#lost(), silenceMs);
  }

  /** Whatever ended it (the gateway restarts, its power is gone, the log-in is over), asking again finds out. */
  #lost(): void {
    this.#close();
    this.connected = false;
    this.#retry = window.setTimeout(() => void this.#ask(), retryMs);
  }

  #close(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.#stream?.close();
    this.#stream = undefined;
  }

  #take(status: ConsoleStatus): void {
    this.status = status;
    this.#setClock(status.at);
    document.title = status.summary.level === 'well' ? status.name : `! ${status.name}`;
    if (this.#stream !== undefined && status.cameras.map(({ id }) => id).join(',') !== this.#watched) {
      this.#close();
      this.#open();
    }
  }

  #setClock(at: string): void {
    this.#clockOffsetMs = Date.parse(at) - Date.now();
  }

  async #logIn(user: string, password: string): Promise<void> {
    this.busy = true;
    this.problem = '';
    try {
      await api.logIn(user, password);
      await this.#ask();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      this.busy = false;
    }
  }

  async #logOut(): Promise<void> {
    this.#close();
    await this.#telling(() => api.logOut());
    await this.#ask();
  }

  async #acknowledge(alarm: string): Promise<void> {
    this.pending = new Set(this.pending).add(alarm);
    await this.#telling(() => api.acknowledge(alarm));
    const pending = new Set(this.pending);
    pending.delete(alarm);
    this.pending = pending;
  }

  async #openDevice(device: string): Promise<void> {
    const set = (what: readonly DeadLetterView[] | string) => {
      this.deadLetters = new Map(this.deadLetters).set(device, what);
    };
    if ((this.status?.devices.find(({ id }) => id === device)?.deadLetters ?? 0) === 0) return;
    try {
      set(await api.fetchDeadLetters(device));
    } catch (error) {
      set(error instanceof Error ? error.message : String(error));
    }
  }

  /** Runs what a button does; what goes wrong with it is told on top. */
  async #telling(run: () => Promise<void>): Promise<void> {
    this.problem = '';
    try {
      await run();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      if (error instanceof api.LoggedOut) await this.#ask();
    }
  }

  override render(): TemplateResult {
    if (this.phase === 'log-in')
      return loginView({
        busy: this.busy,
        problem: this.problem,
        logIn: (user, password) => void this.#logIn(user, password),
      });
    if (this.status === undefined)
      return html`<p class="waiting">${this.problem === '' ? 'Loading …' : this.problem}</p>`;
    return this.#page(this.status);
  }

  #page(status: ConsoleStatus): TemplateResult {
    const nowMs = Date.now() + this.#clockOffsetMs;
    const names = new Map([...status.devices, ...status.cameras].map(({ id, name }) => [id, name]));
    const { alarms, devices } = status;
    return html`<header>
        <h1>${status.name}</h1>
        <button class="plain" @click=${() => void this.#logOut()}>Log out</button>
      </header>
      ${this.connected ? nothing : html`<p class="lost" role="alert">The gateway does not answer. What you see is from before; trying again …</p>`}
      ${this.connected && this.problem !== '' ? html`<p class="lost" role="alert">${this.problem}</p>` : nothing}
      <main>
        ${summaryView(status.summary)}
        <div class="columns">
          <div>
            ${alarmsView({ alarms, names, nowMs, pending: this.pending, acknowledge: (alarm) => void this.#acknowledge(alarm) })}
            ${problemsView(status)} ${this.#cameras(status)}
          </div>
          <div>
            ${devicesView({ devices, nowMs, deadLetters: this.deadLetters, opened: (device) => void this.#openDevice(device) })}
            ${uplinkView(status, nowMs)} ${gatewayView(status, nowMs)}
          </div>
        </div>
      </main>`;
  }

  #cameras({ cameras, scenes }: ConsoleStatus): TemplateResult {
    if (cameras.length === 0)
      return section('cameras', 'Cameras', '', html`<p class="card quiet">No camera is configured yet.</p>`);
    const live = cameras.filter(({ state }) => state === 'live').length;
    const note = live === cameras.length ? '' : `${live} of ${cameras.length} live`;
    const views = repeat(
      cameras,
      ({ id }) => id,
      (camera) =>
        html`<forpost-camera .camera=${camera} .drawn=${scenes[camera.id]} .scene=${this.scenes.get(camera.id)}></forpost-camera>`,
    );
    return section('cameras', 'Cameras', note, html`<div class="cameras">${views}</div>`);
  }
}

customElements.define('forpost-console', ForpostConsole);
