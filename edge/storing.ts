/**
 * The last step of a message through the gateway: an entry is handed to the outbox until it is committed.
 *
 *   submit (somebody waits) ──► append ── committed ──► resolves
 *                                 └── refused ──► rejects, and the sender offers its message again; the alerts in it,
 *                                     which were acted on and which a resend will not raise anew, wait here
 *   keep (no sender)        ──► append ── refused ──► waits here ── backoff ──► append
 *
 * Always: alerts of one device reach the outbox in the order in which they were acted on, so that no alarm ends before
 * it began; an alert that is handed over twice is stored once (its `resendId`); what waits is bounded, beyond it the
 * oldest goes and is counted.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import type { EventDraft, Outbox, OutboxEntry } from './outbox/outbox.ts';

/** Entries that wait for an outbox that takes nothing, and entries that wait for an earlier alert of their device. */
const maxWaiting = 1000;
const backoff = { baseMs: 200, ceilingMs: 10_000 };

export interface StoringParts {
  readonly outbox: Pick<Outbox, 'append'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** an alert is on disk; called again where it was handed over twice */
  readonly onStored: (alert: EventDraft) => void;
}

type Device = EventDraft['device'];

export class Storing {
  readonly #parts: StoringParts;
  readonly #sparing: SparingLogger;
  /** the newest unfinished entry with alerts of each device; resolves however that ends */
  readonly #underWay = new Map<Device, Promise<void>>();
  #chained = 0;
  #waiting: OutboxEntry[] = [];
  #resend: Timer | undefined;
  #attempt = 0;
  #lost = 0;
  #stopped = false;

  constructor(parts: StoringParts) {
    this.#parts = parts;
    this.#sparing = new SparingLogger(parts.logger, parts.clock);
  }

  /** Entries that were given up because too many waited. */
  get lost(): number {
    return this.#lost;
  }

  stop(): void {
    this.#stopped = true;
    this.#resend?.cancel();
  }

  /** Stores what has a sender. @throws what the outbox says, and the sender keeps its message */
  submit(entry: OutboxEntry): Promise<unknown> {
    // nearly all: nothing in it has to be kept in order
    if (!entry.events.some(isAlert)) return this.#parts.outbox.append(entry);
    return this.#append(entry, () => {
      const alerts = entry.events.filter(isAlert);
      if (alerts.length > 0) this.#wait({ events: alerts });
    });
  }

  /** Stores what has no sender to hold back; while the outbox takes nothing it waits here. */
  keep(entry: OutboxEntry): void {
    if (this.#waiting.length > 0) {
      this.#wait(entry);
      return;
    }
    this.#append(entry, () => this.#wait(entry)).catch((error: unknown) =>
      this.#sparing.warn(
        'kept',
        { error: messageOf(error) },
        'the outbox did not take an event: it is kept and tried again',
      ),
    );
  }

  /** `refused` runs before anything that waits for this entry goes on. */
  #append(entry: OutboxEntry, refused: () => void): Promise<void> {
    const devices = new Set(entry.events.filter(isAlert).map(({ device }) => device));
    const before = [...devices].flatMap((device) => this.#underWay.get(device) ?? []);
    const appended = (before.length === 0 ? this.#hand(entry, devices) : this.#handAfter(before, entry, devices)).catch(
      (error: unknown) => {
        refused();
        throw error;
      },
    );
    if (devices.size === 0) return appended;
    const ended: Promise<void> = appended
      .catch(() => undefined)
      .then(() => {
        for (const device of devices) if (this.#underWay.get(device) === ended) this.#underWay.delete(device);
      });
    for (const device of devices) this.#underWay.set(device, ended);
    return appended;
  }

  async #handAfter(before: readonly Promise<void>[], entry: OutboxEntry, devices: ReadonlySet<Device>): Promise<void> {
    if (this.#chained >= maxWaiting)
      throw new ForpostError('FORPOST_OUTBOX_FULL', `${this.#chained} alerts wait for earlier ones to be on disk`);
    this.#chained++;
    try {
      await Promise.all(before);
    } finally {
      this.#chained--;
    }
    await this.#hand(entry, devices);
  }

  /** Earlier alerts of the same devices that wait go with it, in front: the outbox drops what it has already. */
  async #hand(entry: OutboxEntry, devices: ReadonlySet<Device>): Promise<void> {
    const earlier = this.#waiting.flatMap(({ events }) =>
      events.filter((event) => isAlert(event) && devices.has(event.device)),
    );
    const whole = earlier.length === 0 ? entry : { ...entry, events: [...earlier, ...entry.events] };
    await this.#parts.outbox.append(whole);
    this.#stored(whole);
  }

  #stored({ events }: OutboxEntry): void {
    for (const event of events) if (isAlert(event)) this.#parts.onStored(event);
  }

  #wait(entry: OutboxEntry): void {
    this.#waiting.push(entry);
    if (this.#waiting.length > maxWaiting) {
      this.#waiting.shift();
      this.#lost += 1;
    }
    if (this.#resend === undefined && !this.#stopped) this.#scheduleResend();
  }

  #scheduleResend(): void {
    const { clock, random } = this.#parts;
    this.#resend = clock.after(backoffMs(backoff, this.#attempt++, random), () => void this.#sendWaiting());
  }

  async #sendWaiting(): Promise<void> {
    while (!this.#stopped) {
      const entry = this.#waiting[0];
      if (entry === undefined) {
        this.#resend = undefined;
        this.#attempt = 0;
        return;
      }
      try {
        await this.#parts.outbox.append(entry);
        this.#stored(entry);
      } catch (error) {
        if (!isHopeless(error)) {
          const waiting = this.#waiting.length;
          this.#parts.logger.debug({ error: messageOf(error), waiting }, 'the outbox still takes nothing');
          this.#scheduleResend();
          return;
        }
        this.#lost += 1;
        this.#parts.logger.error({ error: messageOf(error) }, 'an event can never be stored: it is given up');
      }
      // it may have been given up while it was on its way
      if (this.#waiting[0] === entry) this.#waiting.shift();
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
