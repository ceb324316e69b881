/**
 * The stream to open pages: the status once a second where it changed, alarms and scenes as they come, and a sign of
 * life every few seconds.
 *
 * Always: a listener that the gateway calls only notes what came; the stream is written later, once each `flushMs`, so
 * that an alert or a frame never waits for a page; while no page is open, nothing is listened to or written; what is
 * noted between two writes is bounded: the newest scene of each camera, the newest `maxAlerts` alerts.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { EventStream, EventStreams } from '@forpost/shared/http/event-stream.ts';
import type { Session } from '@forpost/shared/http/sessions.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AlertNotice, ConsoleSource, SceneNotice } from './source.ts';
import { statusView } from './status-view.ts';

const statusEveryMs = 1000;
const tickEveryMs = 4000;
const flushMs = 100;
const maxAlerts = 100;
/** A watch is renewed at half its time, so that it never lapses while the page is open. */
const watchSeconds = 10;
/** Cameras that one page may watch: each costs a picture that is kept fresh. A page watches those that it shows. */
export const maxWatched = 16;

interface Viewer {
  readonly stream: EventStream;
  readonly watched: ReadonlySet<string>;
  sentStatus: string;
}

export class LiveStreams {
  readonly #streams: EventStreams;
  readonly #source: ConsoleSource;
  readonly #clock: Clock;
  readonly #viewers = new Set<Viewer>();
  #alerts: AlertNotice[] = [];
  readonly #scenes = new Map<string, SceneNotice>();
  #stopListening: (() => void) | undefined;
  #statusTimer: Timer | undefined;
  #flushTimer: Timer | undefined;
  #renewAt = 0;
  #tickAt = 0;

  constructor(streams: EventStreams, source: ConsoleSource, clock: Clock) {
    this.#streams = streams;
    this.#source = source;
    this.#clock = clock;
  }

  /** Answers with a stream that starts with the present status and ends with its session. */
  open(
    request: FastifyRequest,
    reply: FastifyReply,
    cameras: readonly string[],
    session?: Pick<Session, 'ended' | 'use'>,
  ): void {
    const stream = this.#streams.open(request, reply, session?.ended, () => session?.use());
    if (stream.ended.aborted) return;
    const known = new Set(this.#source.status().cameras.map(({ id }) => id));
    const watched = new Set(cameras.filter((id) => known.has(id)).slice(0, maxWatched));
    const viewer: Viewer = { stream, watched, sentStatus: '' };
    this.#viewers.add(viewer);
    stream.ended.addEventListener('abort', () => this.#leave(viewer), { once: true });
    if (this.#stopListening === undefined) this.#listen();
    for (const camera of watched) {
      this.#source.watch(camera, watchSeconds);
      const scene = this.#source.tracks(camera);
      if (scene !== undefined) stream.send('scene', scene);
    }
    this.#sendStatus([viewer]);
  }

  #listen(): void {
    const stops = [
      this.#source.onAlert((alert) => {
        if (this.#alerts.length >= maxAlerts) this.#alerts.shift();
        this.#alerts.push(alert);
        this.#flushSoon();
      }),
      this.#source.onScene((scene) => {
        this.#scenes.set(scene.camera, scene);
        this.#flushSoon();
      }),
    ];
    this.#stopListening = () => {
      for (const stop of stops) stop();
    };
    this.#statusTimer = this.#clock.after(statusEveryMs, () => this.#tick());
  }

  #leave(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    if (this.#viewers.size > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#statusTimer?.cancel();
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
    this.#alerts = [];
    this.#scenes.clear();
  }

  #tick(): void {
    this.#statusTimer = this.#clock.after(statusEveryMs, () => this.#tick());
    this.#sendStatus(this.#viewers);
    if (this.#clock.uptime() >= this.#tickAt) {
      this.#tickAt = this.#clock.uptime() + tickEveryMs;
      for (const { stream } of [...this.#viewers]) stream.send('tick', { at: rfc3339(this.#clock.now()) });
    }
    if (this.#clock.uptime() < this.#renewAt) return;
    this.#renewAt = this.#clock.uptime() + (watchSeconds * 1000) / 2;
    const watched = new Set([...this.#viewers].flatMap((viewer) => [...viewer.watched]));
    for (const camera of watched) this.#source.watch(camera, watchSeconds);
  }

  /** The status without what is different at every look (time, counter). */
  #sendStatus(viewers: Iterable<Viewer>): void {
    const status = statusView(this.#source);
    const { at: _at, counter: _counter, uptime: _uptime, ...lasting } = status;
    const text = JSON.stringify(lasting);
    for (const viewer of [...viewers]) {
      if (viewer.sentStatus === text) continue;
      viewer.sentStatus = text;
      viewer.stream.send('status', status);
    }
  }

  #flushSoon(): void {
    this.#flushTimer ??= this.#clock.after(flushMs, () => {
      this.#flushTimer = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    const alerts = this.#alerts;
    this.#alerts = [];
    const scenes = [...this.#scenes.values()];
    this.#scenes.clear();
    for (const viewer of [...this.#viewers]) {
      for (const alert of alerts) viewer.stream.send('alert', alert);
      for (const scene of scenes) if (viewer.watched.has(scene.camera)) viewer.stream.send('scene', scene);
    }
    // the alarms' new state at once, and with it the line on top
    if (alerts.length > 0) this.#sendStatus(this.#viewers);
  }
}
