/**
 * The stream to open pages: a changed status and a changed pairing window at most once a second, alerts and scenes as they
 * come, and a tick every few seconds.
 *
 * Always: listeners only note alerts and scenes; the stream is written every `flushMs`, so that an alert or a frame never
 * waits for a page. Without an open page nothing is listened to or written. Between two writes at most the newest scene of
 * each camera and the newest `maxAlerts` alerts are noted.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { EventStream, EventStreams } from '@forpost/shared/http/event-stream.ts';
import type { Session } from '@forpost/shared/http/sessions.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PairingDoor } from './pairing-routes.ts';
import type { AlertNotice, ConsoleSource, SceneNotice } from './source.ts';
import { statusView } from './status-view.ts';

const statusEveryMs = 1000;
const tickEveryMs = 4000;
const flushMs = 100;
const maxAlerts = 100;
/** A camera is watched for this long. An open page renews its watch at half the time, so that the watch never lapses. */
const watchSeconds = 10;
/** Cameras that one page may watch, because each costs a picture that is kept fresh. A page watches the cameras in view. */
export const maxWatched = 16;

interface Viewer {
  readonly stream: EventStream;
  readonly watched: ReadonlySet<string>;
  sentStatus: string;
  /** `changes` of the pairing window that the viewer has; -1: none */
  sentPairing: number;
}

export class LiveStreams {
  readonly #streams: EventStreams;
  readonly #source: ConsoleSource;
  readonly #clock: Clock;
  readonly #pairing: Pick<PairingDoor, 'view' | 'pairing'> | undefined;
  readonly #viewers = new Set<Viewer>();
  #alerts: AlertNotice[] = [];
  readonly #scenes = new Map<string, SceneNotice>();
  #stopListening: (() => void) | undefined;
  #statusTimer: Timer | undefined;
  #flushTimer: Timer | undefined;
  #renewAt = 0;
  #tickAt = 0;

  /** `pairing`: absent: the stream says nothing of it */
  constructor(
    streams: EventStreams,
    source: ConsoleSource,
    clock: Clock,
    pairing?: Pick<PairingDoor, 'view' | 'pairing'>,
  ) {
    this.#pairing = pairing;
    this.#streams = streams;
    this.#source = source;
    this.#clock = clock;
  }

  /** Answers with a stream that begins with the current status and ends with its session. */
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
    const viewer: Viewer = { stream, watched, sentStatus: '', sentPairing: -1 };
    this.#viewers.add(viewer);
    stream.ended.addEventListener('abort', () => this.#leave(viewer), { once: true });
    if (this.#stopListening === undefined) this.#listen();
    for (const camera of watched) {
      this.#source.watch(camera, watchSeconds);
      const scene = this.#source.tracks(camera);
      if (scene !== undefined) stream.send('scene', scene);
    }
    this.#sendStatus([viewer]);
    this.#sendPairing([viewer]);
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
    this.#sendPairing(this.#viewers);
    if (this.#clock.uptime() >= this.#tickAt) {
      this.#tickAt = this.#clock.uptime() + tickEveryMs;
      for (const { stream } of [...this.#viewers]) stream.send('tick', { at: rfc3339(this.#clock.now()) });
    }
    if (this.#clock.uptime() < this.#renewAt) return;
    this.#renewAt = this.#clock.uptime() + (watchSeconds * 1000) / 2;
    const watched = new Set([...this.#viewers].flatMap((viewer) => [...viewer.watched]));
    for (const camera of watched) this.#source.watch(camera, watchSeconds);
  }

  /** Sends the status to viewers for whom it changed, apart from the fields that always change (time, counter). */
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

  #sendPairing(viewers: Iterable<Viewer>): void {
    if (this.#pairing === undefined) return;
    const { changes } = this.#pairing.pairing;
    let view: ReturnType<PairingDoor['view']> | undefined;
    for (const viewer of [...viewers]) {
      if (viewer.sentPairing === changes) continue;
      viewer.sentPairing = changes;
      view ??= this.#pairing.view();
      viewer.stream.send('pairing', view);
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
    // the alarms' new state, and with it the summary, must not wait for the next second
    if (alerts.length > 0) this.#sendStatus(this.#viewers);
  }
}
