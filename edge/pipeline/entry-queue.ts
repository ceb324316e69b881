/**
 * The last step of a message through the gateway: an entry is handed to the outbox until it is committed.
 *
 *   submit (somebody waits) ──► append ── committed ──► resolves
 *                                 └── refused ──► rejects, and the sender offers its message again; the alerts in it,
 *                                     which were acted on and which a resend will not raise anew, wait here
 *   keep (no sender)        ──► append, in reserved room ── refused ──► waits here ── backoff ──► append
 *   anything else is committed ──► what waits is tried within a second
 *   too much waits ──► readings go ──► updates of one alarm become its latest state ──► the oldest goes: a gap, told
 *                      as an event once there is room
 *   stop ──► what waits is handed over a last time ── refused ──► it is stored nowhere, and that is logged
 *
 * Always: alerts of one device reach the outbox in the order in which they were acted on, so that no alarm ends before
 * it began: they are appended at once, because the outbox refuses what was handed over behind a refused one, and from
 * then on those that wait go in front; an alert that is handed over twice waits once and is stored once (its
 * `resendId`); what waits is bounded, and what is given up is counted and told.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { type AlertData, eventTypes } from '@forpost/shared/event/event.ts';
import { type Lane, lanes } from '@forpost/shared/event/ids.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import { gapOfUnnumbered } from '../outbox/gap.ts';
import type { EventDraft, Outbox, OutboxEntry } from '../outbox/outbox.ts';

/** Events that wait for an outbox that takes nothing. */
const maxWaiting = 1000;
const backoff = { baseMs: 200, ceilingMs: 10_000 };
/** How long what waits goes on waiting at most once the outbox has taken something else. */
const soonMs = 1000;

export interface StoringParts {
  readonly outbox: Pick<Outbox, 'append' | 'epoch'>;
  readonly clock: Clock;
  /** how what is told of losses is stamped */
  readonly stamp: () => Pick<EventDraft, 'clock' | 'boot'>;
  readonly random: () => number;
  readonly logger: Logger;
  /** an alert is on disk; called again where it was handed over twice */
  readonly onStored: (alert: EventDraft) => void;
}

/** An entry that waits, and as which it was handed over. */
interface Waiting {
  readonly entry: OutboxEntry;
  readonly turn: number;
}

interface Loss {
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
}

export class Storing {
  readonly #parts: StoringParts;
  readonly #sparing: SparingLogger;
  /** in the order in which they were handed over, which is not that in which they were refused */
  #waiting: Waiting[] = [];
  #turns = 0;
  #waitingEvents = 0;
  #resend: { readonly timer: Timer; readonly at: number } | undefined;
  #sending = false;
  /** what may still come to wait when it is refused */
  readonly #underWay = new Set<Promise<unknown>>();
  #attempt = 0;
  #lost = 0;
  #collapsed = 0;
  /** given up, and not told yet */
  readonly #untold = new Map<Lane, Loss>();
  #stopped = false;

  constructor(parts: StoringParts) {
    this.#parts = parts;
    this.#sparing = new SparingLogger(parts.logger, parts.clock);
  }

  /** Events that were given up because too many waited. */
  get lost(): number {
    return this.#lost;
  }

  /** Events that wait for the outbox in memory. */
  get waiting(): number {
    return this.#waitingEvents;
  }

  /** Updates of alarms that a later state of the same alarm took the place of, because too many waited. */
  get collapsed(): number {
    return this.#collapsed;
  }

  /** Before the outbox stops: on a disk that has room again nothing is lost to a wait that is not over yet. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#resend?.timer.cancel();
    this.#resend = undefined;
    await Promise.allSettled(this.#underWay);
    if (this.#waiting.length > 0 || this.#untold.size > 0) await this.#sendWaiting();
    const events = this.#waitingEvents;
    if (events > 0)
      this.#parts.logger.error(
        { events },
        'events are stored nowhere: the outbox did not take them before the gateway stopped',
      );
  }

  /** Stores what has a sender. @throws what the outbox says, and the sender keeps its message */
  submit(entry: OutboxEntry): Promise<unknown> {
    if (entry.events.some(isAlert))
      return this.#append(entry, (turn) => this.#wait({ events: entry.events.filter(isAlert) }, turn));
    // nearly all: nothing in it has to be kept in order
    if (this.#waiting.length === 0) return this.#parts.outbox.append(entry);
    return this.#withEarlier(entry);
  }

  /** Stores what has no sender to hold back; while the outbox takes nothing it waits here. */
  keep(entry: OutboxEntry): void {
    const reserved = { ...entry, reserved: true };
    this.#append(reserved, (turn) => this.#wait(reserved, turn)).catch((error: unknown) =>
      this.#sparing.warn(
        'kept',
        { error: messageOf(error) },
        'the outbox did not take an event: it is kept and tried again',
      ),
    );
  }

  /**
   * What a device sends next may be what it kept: with it goes the alert that was refused then, so that the two are on
   * disk together. Where only alerts have no room, the device's other messages go on.
   */
  async #withEarlier(entry: OutboxEntry): Promise<void> {
    const earlier = this.#earlier(entry.events);
    if (earlier.length > 0)
      try {
        const whole = { ...entry, events: [...earlier, ...entry.events] };
        await this.#parts.outbox.append(whole);
        this.#stored(whole);
        this.#forget(earlier);
        this.#takesAgain();
        return;
      } catch (error) {
        if (!(error instanceof ForpostError && error.code === 'FORPOST_OUTBOX_FULL')) throw error;
      }
    await this.#parts.outbox.append(entry);
    this.#takesAgain();
  }

  /** Alerts of the same devices that wait. */
  #earlier(events: readonly EventDraft[]): readonly EventDraft[] {
    const devices = new Set(events.map(({ device }) => device));
    return this.#waiting.flatMap(({ entry }) =>
      entry.events.filter((event) => isAlert(event) && devices.has(event.device)),
    );
  }

  /** Alerts of the same devices that wait go with it, in front: the outbox drops what it has already. */
  #append(entry: OutboxEntry, refused: (turn: number) => void): Promise<void> {
    const turn = this.#turns++;
    const earlier = this.#earlier(entry.events.filter(isOrdered));
    const whole = earlier.length === 0 ? entry : { ...entry, events: [...earlier, ...entry.events] };
    return this.#watched(
      this.#parts.outbox.append(whole).then(
        () => {
          this.#stored(whole);
          this.#forget(earlier);
          this.#takesAgain();
        },
        (error: unknown) => {
          refused(turn);
          throw error;
        },
      ),
    );
  }

  #watched(underWay: Promise<void>): Promise<void> {
    const over = () => void this.#underWay.delete(underWay);
    this.#underWay.add(underWay);
    underWay.then(over, over);
    return underWay;
  }

  #stored({ events }: OutboxEntry): void {
    for (const event of events) if (isAlert(event)) this.#parts.onStored(event);
  }

  /** They wait no more. */
  #forget(stored: readonly EventDraft[]): void {
    if (stored.length === 0) return;
    const gone = new Set(stored);
    this.#keepOnly((event) => !gone.has(event));
  }

  #wait({ events, ...rest }: OutboxEntry, turn: number): void {
    const entry = { ...rest, events: events.filter((event) => !this.#waits(event)) };
    if (entry.events.length > 0)
      this.#waiting.splice(this.#waiting.findLastIndex((one) => one.turn < turn) + 1, 0, { entry, turn });
    this.#waitingEvents += entry.events.length;
    if (this.#waitingEvents > maxWaiting) this.#makeRoom();
    this.#scheduleResend();
  }

  /** It is handed over once more by who does not know that it waits. */
  #waits({ device, resendId }: EventDraft): boolean {
    if (resendId === undefined) return false;
    return this.#waiting.some(({ entry }) =>
      entry.events.some((event) => event.resendId === resendId && event.device === device),
    );
  }

  /** By value: readings first, then what a later state of the same alarm says too, then the oldest. */
  #makeRoom(): void {
    this.#drop((event) => event.lane === 'telemetry');
    if (this.#waitingEvents <= maxWaiting) return;
    this.#collapse();
    while (this.#waitingEvents > maxWaiting) {
      // what a device caused goes before what nobody else has seen
      const index = Math.max(
        0,
        this.#waiting.findIndex(({ entry }) => entry.reserved !== true),
      );
      const [oldest] = this.#waiting.splice(index, 1);
      if (oldest === undefined) return;
      this.#waitingEvents -= oldest.entry.events.length;
      for (const event of oldest.entry.events) this.#lose(event);
    }
  }

  #drop(isGone: (event: EventDraft) => boolean): void {
    this.#keepOnly((event) => {
      if (!isGone(event)) return true;
      this.#lose(event);
      return false;
    });
  }

  #collapse(): void {
    const latest = new Map<string, EventDraft>();
    for (const { entry } of this.#waiting)
      for (const event of entry.events) if (isAlert(event)) latest.set(alarmOf(event), event);
    this.#keepOnly((event) => {
      if (!isAlert(event) || latest.get(alarmOf(event)) === event) return true;
      this.#collapsed++;
      return false;
    });
  }

  #keepOnly(stays: (event: EventDraft) => boolean): void {
    this.#waiting = this.#waiting
      .map(({ entry, turn }) => ({ entry: { ...entry, events: entry.events.filter(stays) }, turn }))
      .filter(({ entry }) => entry.events.length > 0);
    this.#count();
  }

  #count(): void {
    this.#waitingEvents = this.#waiting.reduce((sum, { entry }) => sum + entry.events.length, 0);
  }

  #lose({ lane, time }: EventDraft): void {
    this.#lost++;
    const known = this.#untold.get(lane) ?? { count: 0, firstTime: time, lastTime: time };
    this.#untold.set(lane, {
      count: known.count + 1,
      firstTime: Math.min(known.firstTime, time),
      lastTime: Math.max(known.lastTime, time),
    });
  }

  #scheduleResend(): void {
    if (this.#resend !== undefined || this.#sending || this.#stopped) return;
    this.#resendIn(backoffMs(backoff, this.#attempt++, this.#parts.random));
  }

  /** The outbox has taken something: what waits need not wait for the end of a long pause. */
  #takesAgain(): void {
    if (this.#stopped || this.#resend === undefined || this.#resend.at <= this.#parts.clock.uptime() + soonMs) return;
    this.#resend.timer.cancel();
    this.#resendIn(soonMs);
  }

  #resendIn(ms: number): void {
    const { clock } = this.#parts;
    const timer = clock.after(ms, () => {
      this.#resend = undefined;
      void this.#watched(this.#sendWaiting());
    });
    this.#resend = { timer, at: clock.uptime() + ms };
  }

  /** All at once: what has room goes, whatever else is refused. */
  async #sendWaiting(): Promise<void> {
    this.#sending = true;
    const sent = [...this.#waiting];
    const outcomes = await Promise.allSettled(sent.map(({ entry }) => this.#parts.outbox.append(entry)));
    // by its turn: of an entry some events may go meanwhile, with what its device sends next
    const done = new Set<number>();
    outcomes.forEach((outcome, i) => {
      const { entry, turn } = sent[i] ?? {};
      if (entry === undefined || turn === undefined) return;
      if (outcome.status === 'fulfilled') this.#stored(entry);
      else if (isHopeless(outcome.reason)) {
        for (const event of entry.events) this.#lose(event);
        this.#parts.logger.error({ error: messageOf(outcome.reason) }, 'an event can never be stored: it is given up');
      } else return;
      done.add(turn);
    });
    // some may have been given up or collapsed while they were on their way: those are stored twice, and that is once
    this.#waiting = this.#waiting.filter(({ turn }) => !done.has(turn));
    this.#count();
    if (done.size > 0) this.#attempt = 0;
    if (this.#waiting.length === 0) await this.#tellLosses();
    this.#sending = false;
    if (this.#waiting.length > 0 || this.#untold.size > 0) this.#scheduleResend();
    else this.#attempt = 0;
  }

  /** What was given up never had a number: the gap record says how many, and from when to when. */
  async #tellLosses(): Promise<void> {
    const { outbox, clock, stamp, logger } = this.#parts;
    if (this.#untold.size === 0) return;
    const told = new Map(this.#untold);
    this.#untold.clear();
    const now = clock.now();
    const events = lanes.flatMap((lane): EventDraft[] => {
      const loss = told.get(lane);
      if (loss === undefined) return [];
      const gap = gapOfUnnumbered(outbox.epoch, lane, loss, 'given up: the outbox took nothing and too much waited');
      return [
        {
          ...stamp(),
          lane: 'alerts',
          type: eventTypes.gap,
          device: null,
          time: now,
          received: now,
          uptime: clock.uptime(),
          data: JSON.stringify(gap),
        },
      ];
    });
    try {
      await outbox.append({ events, reserved: true });
    } catch (error) {
      logger.debug({ error: messageOf(error) }, 'the outbox does not take what is to be told of losses yet');
      for (const [lane, loss] of told) {
        const since = this.#untold.get(lane);
        this.#untold.set(lane, {
          count: loss.count + (since?.count ?? 0),
          firstTime: Math.min(loss.firstTime, since?.firstTime ?? loss.firstTime),
          lastTime: Math.max(loss.lastTime, since?.lastTime ?? loss.lastTime),
        });
      }
    }
  }
}

/** What the entry itself is to blame for: it would be refused for ever. */
export function isHopeless(error: unknown): boolean {
  return error instanceof ForpostError && error.code === 'FORPOST_PAYLOAD_INVALID';
}

function isAlert({ type }: EventDraft): boolean {
  return type === eventTypes.alert;
}

function isOrdered({ lane }: EventDraft): boolean {
  return lane === 'alerts';
}

function alarmOf({ data }: EventDraft): string {
  return (JSON.parse(data) as AlertData).alarm;
}
