/**
 * The page's connection to its gateway: it asks for the session and the status, then opens the stream.
 *
 *   resting ── begin ──► asking ── no log-in ──► resting (`loggedOut`)
 *                          │  └── answered ──► open ── stream ends or is silent ──► waiting ── `retryMs` ──► asking
 *                          └── no answer ──► waiting
 *   any ── rest ──► resting       any ── begin ──► asking
 *
 * Always: at most one stream exists, and only in the state `open`. After `begin` or `rest`, answers and errors of an
 * earlier request or stream are ignored.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { ConsoleStatus, PairingView, SceneNotice, StreamEvents } from '../view.ts';
import { LoggedOutError } from './api.ts';

const retryMs = 3000;
/** A stream without any event for this long is dead: the gateway sends a tick every 4 s. */
const silenceMs = 12_000;

export interface ConnectionParts {
  readonly sessionUser: () => Promise<string | null>;
  readonly fetchStatus: () => Promise<ConsoleStatus>;
  /** `watch`: ids of cameras, separated by commas */
  readonly openStream: (watch: string) => Pick<EventSource, 'addEventListener' | 'close'>;
  readonly after: Clock['after'];
}

export interface ConnectionHandlers {
  readonly status: (status: ConsoleStatus) => void;
  readonly scene: (scene: SceneNotice) => void;
  readonly pairing: (view: PairingView) => void;
  /** `at`: the gateway's clock, RFC 3339 */
  readonly time: (at: string) => void;
  /** the gateway has answered a request */
  readonly answers: () => void;
  /** the gateway does not answer, for the reason in `problem`; the connection is tried again */
  readonly lost: (problem: string) => void;
  readonly loggedOut: () => void;
}

export class GatewayConnection {
  readonly #parts: ConnectionParts;
  readonly #handlers: ConnectionHandlers;
  /** number of the current request or stream; results of an earlier one are ignored */
  #turn = 0;
  #stream: ReturnType<ConnectionParts['openStream']> | undefined;
  #watched = '';
  #retry: Timer | undefined;
  #silence: Timer | undefined;

  constructor(parts: ConnectionParts, handlers: ConnectionHandlers) {
    this.#parts = parts;
    this.#handlers = handlers;
  }

  begin(): void {
    this.rest();
    void this.#ask(this.#turn);
  }

  rest(): void {
    this.#turn++;
    this.#retry?.cancel();
    this.#closeStream();
  }

  /** Sets the cameras whose scenes are wanted. */
  watch(cameras: readonly string[]): void {
    const watched = cameras.join(',');
    if (watched === this.#watched) return;
    this.#watched = watched;
    if (this.#stream !== undefined) this.#open();
  }

  async #ask(turn: number): Promise<void> {
    try {
      const user = await this.#parts.sessionUser();
      if (turn !== this.#turn) return;
      if (user === null) {
        this.#handlers.loggedOut();
        return;
      }
      const status = await this.#parts.fetchStatus();
      if (turn !== this.#turn) return;
      this.#handlers.status(status);
      this.#handlers.answers();
      this.#open();
    } catch (error) {
      if (turn !== this.#turn) return;
      if (error instanceof LoggedOutError) this.#handlers.loggedOut();
      else this.#lost(error instanceof Error ? error.message : String(error));
    }
  }

  #open(): void {
    this.#closeStream();
    const stream = this.#parts.openStream(this.#watched);
    this.#stream = stream;
    const on = <Name extends keyof StreamEvents>(name: Name, handle: (data: StreamEvents[Name]) => void) =>
      stream.addEventListener(name, (event) => {
        if (stream !== this.#stream) return;
        this.#noteMessage();
        handle(JSON.parse((event as MessageEvent<string>).data) as StreamEvents[Name]);
      });
    on('tick', ({ at }) => this.#handlers.time(at));
    on('status', (status) => this.#handlers.status(status));
    on('scene', (scene) => this.#handlers.scene(scene));
    on('pairing', (view) => this.#handlers.pairing(view));
    stream.addEventListener('error', () => {
      if (stream === this.#stream) this.#lost('');
    });
    this.#noteMessage();
  }

  #noteMessage(): void {
    this.#silence?.cancel();
    this.#silence = this.#parts.after(silenceMs, () => this.#lost(''));
  }

  /** The stream ended: the gateway restarts, lost its power, or ended the log-in. A new request finds out which. */
  #lost(problem: string): void {
    this.rest();
    this.#handlers.lost(problem);
    this.#retry = this.#parts.after(retryMs, () => this.begin());
  }

  #closeStream(): void {
    this.#silence?.cancel();
    this.#stream?.close();
    this.#stream = undefined;
  }
}
