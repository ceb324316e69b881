/**
 * The last step of a message through the gateway: appends each entry to the outbox until it is committed.
 *
 *   submit (a sender waits) ──► append ── committed ──► resolves
 *                                 └── refused ──► rejects, and the sender resends its message; the alerts of the entry
 *                                     wait here, because their actions have run and the resend does not raise them
 *   keep (no sender)        ──► append, in reserved space ── refused ──► waits here ── backoff ──► append
 *   any other entry is committed ──► waiting entries are tried again within a second
 *   too many events wait ──► some are dropped (waiting-entries.ts), and a gap record names them once there is space
 *   stop ──► waiting entries are appended a last time ── refused ──► they are lost, and the log says so
 *
 * Always: alerts of one device reach the outbox in the order of their actions, so no alarm ends in the history before
 * it began. They are appended at once, because the outbox refuses an alert after a refused one of the same device; then
 * the waiting alerts go first. An alert that is added twice waits once and is stored once (`resendId`).
 */

import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { lanes } from '@forpost/shared/event/ids.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { gapOfUnnumbered } from '../outbox/gap.ts';
import type { EventDraft, Outbox, OutboxEntry } from '../outbox/outbox.ts';
import { isAlert, WaitingEntries } from './waiting-entries.ts';

const backoff = { baseMs: 200, ceilingMs: 10_000 };
/** The longest wait for the next attempt once the outbox has taken another entry. */
const soonMs = 1000;

export interface EntryQueueParts {
  readonly outbox: Pick<Outbox, 'append' | 'epoch'>;
  readonly clock: Clock;
  /** the stamp of gap records */
  readonly stamp: () => Pick<EventDraft, 'clock' | 'boot'>;
  /** uniform in [0, 1) */
  readonly random: () => number;
  readonly logger: Logger;
  /** called when an alert is on disk; called twice for an alert that was added twice */
  readonly onStored: (alert: EventDraft) => void;
}

export class EntryQueue {
  readonly #parts: EntryQueueParts;
  readonly #sparing: SparingLogger;
  readonly #waiting = new WaitingEntries();
  #turns = 0;
  #retry: { readonly timer: Timer; readonly at: number } | undefined;
  #sending = false;
  /** appends that are under way; a refused one adds to the waiting entries */
  readonly #underWay = new Set<Promise<unknown>>();
  #attempt = 0;
  #stopped = false;

  constructor(parts: EntryQueueParts) {
    this.#parts = parts;
    this.#sparing = new SparingLogger(parts.logger, parts.clock);
  }

  /** Number of events that were dropped because too many waited. */
  get lost(): number {
    return this.#waiting.lost;
  }

  /** Number of events that wait for the outbox in memory. */
  get waiting(): number {
    return this.#waiting.events;
  }

  /** Number of updates of alarms that were replaced by a later state of the same alarm, because too many waited. */
  get collapsed(): number {
    return this.#waiting.collapsed;
  }

  /** Call it before the outbox stops. Appends waiting entries at once, because the disk may have space again. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#retry?.timer.cancel();
    this.#retry = undefined;
    await Promise.allSettled(this.#underWay);
    if (!this.#waiting.isEmpty || this.#waiting.hasLosses) await this.#sendWaiting();
    const { events } = this.#waiting;
    if (events > 0)
      this.#parts.logger.error(
        { events },
        'events are stored nowhere: the outbox did not take them before the gateway stopped',
      );
  }

  /** Stores the entry of a sender that waits for it. @throws the outbox's error; the sender keeps its message */
  submit(entry: OutboxEntry): Promise<unknown> {
    if (entry.events.some(isAlert))
      return this.#append(entry, (turn) => this.#wait({ events: entry.events.filter(isAlert) }, turn));
    // nearly every entry: it has no alert, and no alert waits that would have to go first
    if (this.#waiting.isEmpty) return this.#parts.outbox.append(entry);
    return this.#appendWithEarlier(entry);
  }

  /** Stores an entry without a sender; while the outbox refuses it, it waits here. */
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
   * The message may be a resend whose alert was refused before. The waiting alert is added to its entry, so that both
   * are stored together. If there is no space for the alerts only, the message is stored without them.
   */
  async #appendWithEarlier(entry: OutboxEntry): Promise<void> {
    const earlier = this.#waiting.alertsOf(entry.events);
    if (earlier.length > 0)
      try {
        const whole = { ...entry, events: [...earlier, ...entry.events] };
        await this.#parts.outbox.append(whole);
        this.#stored(whole);
        this.#waiting.forget(earlier);
        this.#retrySoon();
        return;
      } catch (error) {
        if (!(error instanceof ForpostError && error.code === 'FORPOST_OUTBOX_FULL')) throw error;
      }
    await this.#parts.outbox.append(entry);
    this.#retrySoon();
  }

  /** Puts waiting alerts of the same devices first; the outbox drops those that it has already. */
  #append(entry: OutboxEntry, refused: (turn: number) => void): Promise<void> {
    const turn = this.#turns++;
    const earlier = this.#waiting.alertsOf(entry.events.filter(({ lane }) => lane === 'alerts'));
    const whole = earlier.length === 0 ? entry : { ...entry, events: [...earlier, ...entry.events] };
    return this.#watched(
      this.#parts.outbox.append(whole).then(
        () => {
          this.#stored(whole);
          this.#waiting.forget(earlier);
          this.#retrySoon();
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

  #wait(entry: OutboxEntry, turn: number): void {
    this.#waiting.add(entry, turn);
    this.#scheduleRetry();
  }

  #scheduleRetry(): void {
    if (this.#retry !== undefined || this.#sending || this.#stopped) return;
    this.#retryIn(backoffMs(backoff, this.#attempt++, this.#parts.random));
  }

  /** Shortens a long pause, because the outbox has stored an entry. */
  #retrySoon(): void {
    if (this.#stopped || this.#retry === undefined || this.#retry.at <= this.#parts.clock.uptime() + soonMs) return;
    this.#retry.timer.cancel();
    this.#retryIn(soonMs);
  }

  #retryIn(ms: number): void {
    const { clock } = this.#parts;
    const timer = clock.after(ms, () => {
      this.#retry = undefined;
      void this.#watched(this.#sendWaiting());
    });
    this.#retry = { timer, at: clock.uptime() + ms };
  }

  /** Appends all waiting entries at once: a refused one does not stop the others. */
  async #sendWaiting(): Promise<void> {
    this.#sending = true;
    const sent = this.#waiting.all();
    const outcomes = await Promise.allSettled(sent.map(({ entry }) => this.#parts.outbox.append(entry)));
    // by `turn`: in the meantime a message of the device may have included some events of an entry
    const done = new Set<number>();
    outcomes.forEach((outcome, i) => {
      const { entry, turn } = sent[i] ?? {};
      if (entry === undefined || turn === undefined) return;
      if (outcome.status === 'fulfilled') this.#stored(entry);
      else if (isNeverStorable(outcome.reason)) {
        for (const event of entry.events) this.#waiting.giveUp(event);
        this.#parts.logger.error({ error: messageOf(outcome.reason) }, 'an event can never be stored: it is given up');
      } else return;
      done.add(turn);
    });
    // an entry may have been dropped or collapsed while its append was under way: its events are on disk all the same
    this.#waiting.remove(done);
    if (done.size > 0) this.#attempt = 0;
    if (this.#waiting.isEmpty) await this.#storeGapRecords();
    this.#sending = false;
    if (!this.#waiting.isEmpty || this.#waiting.hasLosses) this.#scheduleRetry();
    else this.#attempt = 0;
  }

  /** Stores a gap record for each lane with losses. Dropped events never had a number. */
  async #storeGapRecords(): Promise<void> {
    const { outbox, clock, stamp, logger } = this.#parts;
    if (!this.#waiting.hasLosses) return;
    const losses = this.#waiting.drainLosses();
    const now = clock.now();
    const uptime = clock.uptime();
    const events = lanes.flatMap((lane): EventDraft[] => {
      const loss = losses.get(lane);
      if (loss === undefined) return [];
      const gap = gapOfUnnumbered(outbox.epoch, lane, loss, words('gateway/reason.gap-unnumbered'));
      const times = { time: now, received: now, uptime };
      return [{ ...stamp(), ...times, lane: 'alerts', type: eventTypes.gap, device: null, data: JSON.stringify(gap) }];
    });
    try {
      await outbox.append({ events, reserved: true });
    } catch (error) {
      logger.debug({ error: messageOf(error) }, 'the outbox does not take the gap record of lost events yet');
      this.#waiting.returnLosses(losses);
    }
  }
}

/** Whether the outbox will always refuse this entry because of its content. */
export function isNeverStorable(error: unknown): boolean {
  return error instanceof ForpostError && error.code === 'FORPOST_EVENT_INVALID';
}
