/**
 * The whole page: the log-in, the connection to the gateway, and the sections in their order.
 *
 *   asking ── answered ──► open ── log-in ends ──► log-in over the page ── logged in ──► asking
 *     └── no log-in ──► log-in ── logged in ──► asking      └── Log out ──► log-in
 *
 * Always: the page shows the gateway's newest status. While the gateway is silent, a line on top says so (neither a gateway
 * without power nor a phone out of its network closes a connection). A hidden page holds no stream. A log-in that ends
 * leaves unsaved work on the page; only logging out discards it.
 */

import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ConsoleStatus, SceneNotice } from '../view.ts';
import { AlarmHold } from './alarm-hold.ts';
import { alarmsView } from './alarms-view.ts';
import * as api from './api.ts';
import { base } from './base.ts';
import './camera-view.ts';
import { GatewayConnection } from './connection.ts';
import { devicesView } from './devices-view.ts';
import { clockTime } from './format.ts';
import { gatewayView, problemsView, uplinkView } from './gateway-view.ts';
import { hostView } from './host-view.ts';
import { languageChoice } from './language-choice.ts';
import { loginView } from './login-view.ts';
import { navigation } from './navigation.ts';
import { OpenDeadLetters, type ShownLetters } from './open-letters.ts';
import { publishPairing } from './pairing-news.ts';
import { guarded, section } from './parts.ts';
import { refusedSection } from './refused-view.ts';
import { type Route, routeOf } from './route.ts';
import { summaryView } from './summary-view.ts';
import { page, t } from './texts.ts';
import { watchList } from './watch-list.ts';

/** Interval of redrawing, so that texts like "3 s ago" stay right without a new status. */
const tickMs = 1000;

/** Input events by which the page notices that a person uses it. */
const uses = ['touchstart', 'pointerdown', 'keydown', 'scroll'] as const;

type Phase = 'asking' | 'log-in' | 'open';

class ForpostConsole extends LitElement {
  static override properties = {
    phase: { state: true },
    status: { state: true },
    scenes: { state: true },
    pending: { state: true },
    deadLetters: { state: true },
    problem: { state: true },
    busy: { state: true },
    lost: { state: true },
    mayAct: { state: true },
    route: { state: true },
  };
  declare phase: Phase;
  declare status: ConsoleStatus | undefined;
  declare scenes: ReadonlyMap<string, SceneNotice>;
  declare pending: ReadonlySet<string>;
  declare deadLetters: ReadonlyMap<string, ShownLetters>;
  declare problem: string;
  declare busy: boolean;
  /** false: a viewer, for whom the page has no button that changes anything */
  declare mayAct: boolean;
  declare route: Route;
  /** why the gateway did not answer; undefined while it answers */
  declare lost: string | undefined;
  /** when the gateway answered last, ms since 1970 by its own clock */
  #answeredMs: number | undefined;
  readonly #connection = new GatewayConnection(
    {
      sessionUser: async () => {
        const { user, role } = await api.session();
        this.mayAct = role !== 'viewer';
        return user;
      },
      fetchStatus: api.fetchStatus,
      openStream: (watch) => new EventSource(`${base}/api/v1/stream?watch=${encodeURIComponent(watch)}`),
      after: (delayMs, run) => {
        const timer = window.setTimeout(run, delayMs);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    {
      status: (status) => this.#receive(status),
      scene: (scene) => {
        this.scenes = new Map(this.scenes).set(scene.camera, scene);
      },
      pairing: publishPairing,
      time: (at) => this.#setClock(at),
      answers: () => {
        this.phase = 'open';
        this.lost = undefined;
        this.problem = '';
      },
      lost: (problem) => {
        this.lost = problem;
      },
      loggedOut: () => this.#needLogIn(),
    },
  );
  readonly #letters = new OpenDeadLetters(api.fetchDeadLetters, (device, letters) => {
    this.deadLetters = new Map(this.deadLetters).set(device, letters);
  });
  #hold = new AlarmHold();
  #watched: readonly string[] = [];
  /** ids of the cameras that are in view, drawn on or tested */
  readonly #camerasInUse = new Set<string>();
  #tick: number | undefined;
  /** the gateway's clock minus this machine's, ms */
  #clockOffsetMs = 0;

  constructor() {
    super();
    this.phase = 'asking';
    this.scenes = new Map();
    this.pending = new Set();
    this.deadLetters = new Map();
    this.problem = '';
    this.busy = false;
    this.mayAct = true;
    this.route = routeOf(location.hash);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#onVisibility);
    for (const name of uses) window.addEventListener(name, this.#onUse, { passive: true });
    window.addEventListener('hashchange', this.#onRoute);
    this.#tick = window.setInterval(() => this.requestUpdate(), tickMs);
    this.#begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#onVisibility);
    for (const name of uses) window.removeEventListener(name, this.#onUse);
    window.removeEventListener('hashchange', this.#onRoute);
    clearInterval(this.#tick);
    this.#connection.rest();
  }

  readonly #onUse = () => this.#hold.used(performance.now());

  #showNew(): void {
    this.#hold.release();
    this.requestUpdate();
  }

  readonly #onRoute = () => {
    const before = this.route.page;
    this.route = routeOf(location.hash);
    if (this.route.page === before) return;
    window.scrollTo(0, 0);
    // no finger is over a list that was not shown: it begins with the newest alarms
    this.#hold.release();
  };

  readonly #onVisibility = () => {
    if (document.hidden) this.#connection.rest();
    else if (this.phase !== 'log-in') this.#begin();
  };

  /** A page that loads while hidden connects when it is shown. */
  #begin(): void {
    if (!document.hidden) this.#connection.begin();
  }

  #needLogIn(): void {
    this.phase = 'log-in';
    this.lost = undefined;
    this.problem = this.status === undefined ? '' : t('gateway-page/log-in.over');
  }

  #receive(status: ConsoleStatus): void {
    this.status = status;
    this.#setClock(status.at);
    document.title = status.summary.level === 'well' ? status.name : `! ${status.name}`;
    this.#letters.update(status.devices);
    this.#watch();
  }

  #watch(): void {
    const cameras = (this.status?.cameras ?? []).map(({ id }) => id);
    this.#watched = watchList(cameras, this.#camerasInUse, this.#watched);
    this.#connection.watch(this.#watched);
  }

  #setInUse(camera: string, inUse: boolean): void {
    if (inUse) this.#camerasInUse.add(camera);
    else this.#camerasInUse.delete(camera);
    this.#watch();
  }

  #setClock(at: string): void {
    this.#answeredMs = Date.parse(at);
    this.#clockOffsetMs = Date.parse(at) - Date.now();
  }

  async #logIn(user: string, password: string): Promise<void> {
    this.busy = true;
    this.problem = '';
    try {
      await api.logIn(user, password);
      this.phase = 'asking';
      this.#begin();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      this.busy = false;
    }
  }

  async #logOut(): Promise<void> {
    this.#connection.rest();
    await this.#runAction(async () => {
      await api.logOut();
      this.status = undefined;
      this.#hold = new AlarmHold();
      this.scenes = new Map();
      this.deadLetters = new Map();
    });
    this.#begin();
  }

  async #acknowledge(alarm: string): Promise<void> {
    this.pending = new Set(this.pending).add(alarm);
    await this.#runAction(() => api.acknowledge(alarm));
    const pending = new Set(this.pending);
    pending.delete(alarm);
    this.pending = pending;
  }

  /** Runs a button's action; the error of a failed one is shown on top. */
  async #runAction(run: () => Promise<void>): Promise<void> {
    this.problem = '';
    try {
      await run();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      if (error instanceof api.LoggedOutError) this.#begin();
    }
  }

  override render(): TemplateResult {
    const login = {
      busy: this.busy,
      problem: this.problem,
      logIn: (user: string, password: string) => void this.#logIn(user, password),
    };
    if (this.status === undefined)
      return this.phase === 'log-in'
        ? loginView(login)
        : html`<p class="waiting">${this.lost || t('gateway-page/loading')}</p>`;
    return html`${this.#page(this.status)}
      ${this.phase === 'log-in' ? html`<forpost-login .parts=${login}></forpost-login>` : nothing}`;
  }

  #page(status: ConsoleStatus): TemplateResult {
    const clockMs = Date.now() + this.#clockOffsetMs;
    // while the gateway does not answer, times stay relative to its last answer, «just now» included
    const nowMs = this.lost === undefined ? clockMs : (this.#answeredMs ?? clockMs);
    const asOf = clockTime(new Date(this.#answeredMs ?? Date.parse(status.at)).toISOString(), clockMs);
    return html`<header>
        <h1>${status.name}</h1>
        ${languageChoice()}
        <button class="plain" @click=${() => void this.#logOut()}>${t('gateway-page/log-out')}</button>
      </header>
      ${this.lost === undefined ? nothing : html`<p class="lost" role="alert">${t('gateway-page/no-answer', { time: asOf })}</p>`}
      ${this.lost === undefined && this.phase !== 'log-in' && this.problem !== '' ? html`<p class="lost" role="alert">${this.problem}</p>` : nothing}
      ${this.mayAct ? navigation(this.route, status.alarms.filter(({ acknowledged, severity }) => !acknowledged && severity !== 'info').length) : nothing}
      ${this.mayAct && this.route.page === 'set-up' ? this.#setUp(status, this.route.steps, nowMs) : this.#overview(status, nowMs, asOf)}`;
  }

  #setUp(status: ConsoleStatus, steps: readonly string[], nowMs: number): TemplateResult {
    return html`<main @logged-out=${() => this.#begin()}>
      <forpost-set-up-door .status=${status} .steps=${steps} .nowMs=${nowMs} .lost=${this.lost !== undefined}></forpost-set-up-door>
    </main>`;
  }

  /** `asOf`: when the gateway answered last */
  #overview(status: ConsoleStatus, nowMs: number, asOf: string): TemplateResult {
    // the gateway has alarms about its own machine; a device of the same id keeps its name
    const named = [{ id: status.gateway as string, name: status.name }, ...status.devices, ...status.cameras];
    const names = new Map(named.map(({ id, name }) => [id, name]));
    const { alarms, devices, refused } = status;
    return html`<main class=${this.lost === undefined ? '' : 'stale'}>
        ${summaryView(status.summary, this.lost === undefined ? undefined : asOf)}
        <div class="columns">
          <div>
            ${guarded('alarms', t('gateway-page/alarms.title'), () => alarmsView({ held: this.#hold.list(alarms, performance.now()), showNew: () => this.#showNew(), names, nowMs, pending: this.pending, mayAct: this.mayAct, acknowledge: (alarm) => void this.#acknowledge(alarm) }))}
            ${guarded('problems', t('gateway-page/problems.title'), () => html`${problemsView(status)}`)}
            ${guarded('cameras', t('gateway-page/cameras.title'), () => this.#cameras(status))}
          </div>
          <div>
            ${guarded('devices', t('gateway-page/devices.title'), () => devicesView({ devices, nowMs, refused, deadLetters: this.deadLetters, toggled: (device, open) => (open ? this.#letters.open(device) : this.#letters.close(device)) }))}
            ${guarded('refused', t('gateway-page/refused.title'), () => refusedSection(refused, nowMs, this.mayAct))}
            ${guarded('host', t('gateway-page/host.title'), () => html`${hostView(status, nowMs)}`)}
            ${guarded('uplink', t('gateway-page/uplink.title'), () => uplinkView(status, nowMs))}
            ${guarded('gateway', t('gateway-page/clock.title'), () => gatewayView(status, nowMs))}
          </div>
        </div>
      </main>`;
  }

  #cameras({ cameras, scenes }: ConsoleStatus): TemplateResult {
    if (cameras.length === 0)
      return section(
        'cameras',
        t('gateway-page/cameras.title'),
        '',
        html`<p class="card quiet">${t('gateway-page/cameras.none')}</p>`,
      );
    const live = cameras.filter(({ state }) => state === 'live').length;
    const note = live === cameras.length ? '' : t('gateway-page/cameras.some-live', { live, all: cameras.length });
    const views = repeat(
      cameras,
      ({ id }) => id,
      (camera) =>
        html`<forpost-camera .camera=${camera} .mayAct=${this.mayAct} .drawn=${scenes[camera.id]} .scene=${this.scenes.get(camera.id)} @wanted=${({ detail }: CustomEvent<boolean>) => this.#setInUse(camera.id, detail)}></forpost-camera>`,
    );
    return section('cameras', t('gateway-page/cameras.title'), note, html`<div class="cameras">${views}</div>`);
  }
}

document.documentElement.lang = page.language;
customElements.define('forpost-console', ForpostConsole);
document.getElementById('waiting')?.remove();
