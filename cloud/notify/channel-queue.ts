/**
 * One channel's own queue, retries and patience, so that a channel that is down or slow delays no other.
 *
 *   waiting ── its turn ──► sending ── taken ──► settled (sent)
 *      ▲                      │ error, deadline
 *      └── jittered delay ◄───┴── patience at its end ──► settled (given up: counted, logged)
 *
 * Always: what is about one alarm goes out in the order it came in, other alarms do not wait for it; fresh goes before
 * late. The queue is bounded: when it is full the oldest late one is given up, or where there is none the oldest.
 * After `stop` nothing settles any more: what was not taken is sent again after the next start.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import type { Channel, Notification } from './channel.ts';

export const maxQueue = 1_000;
/** Notifications of different alarms on their way at once. */
const maxSending = 4;
const tryDeadlineMs = 5_000;
const backoff = { baseMs: 500, ceilingMs: 30_000 };
/** How long one notification is tried. */
export const patienceMs = 15 * 60_000;

export interface ChannelStatus {
  readonly channel: string;
  readonly sent: number;
  /** given up */
  readonly failed: number;
  /** tries that failed, whether or not a later one went well */
  readonly retries: number;
  /** waiting or on their way now */
  readonly queue: number;
  /** in words; empty where the last try went well */
  readonly lastError: string;
}

export interface ChannelQueueOptions {
  readonly channel: Channel;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

interface Item {
  readonly notification: Notification;
  readonly settle: () => void;
  readonly sinceMs: number;
  attempt: number;
  notBeforeMs: number;
  sending: boolean;
}

export class ChannelQueue {
  readonly #channel: Channel;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  /** in the order they came in; the ones on their way stay until they are settled */
  #items: Item[] = [];
  #wake: Timer | undefined;
  #sent = 0;
  #failed = 0;
  #retries = 0;
  #lastError = '';

  constructor(options: ChannelQueueOptions) {
    this.#channel = options.channel;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#logger = options.logger;
  }

  /** Resolves when the channel took it or it was given up; never rejects, and never resolves after `stop`. */
  take(notification: Notification): Promise<void> {
    return new Promise((settle) => {
      if (this.#stop.signal.aborted) return;
      if (this.#items.length >= maxQueue) this.#makeRoom();
      const nowMs = this.#clock.uptime();
      this.#items.push({ notification, settle, sinceMs: nowMs, attempt: 0, notBeforeMs: nowMs, sending: false });
      this.#pump();
    });
  }

  stop(): void {
    this.#stop.abort();
    this.#wake?.cancel();
    this.#items = [];
  }

  status(): ChannelStatus {
    return {
      channel: this.#channel.name,
      sent: this.#sent,
      failed: this.#failed,
      retries: this.#retries,
      queue: this.#items.length,
      lastError: this.#lastError,
    };
  }

  /** Starts what may go now and sets the timer for what may go next. */
  #pump(): void {
    if (this.#stop.signal.aborted) return;
    const nowMs = this.#clock.uptime();
    for (let item = this.#next(nowMs); item !== undefined; item = this.#next(nowMs)) {
      item.sending = true;
      void this.#try(item);
    }
    this.#wake?.cancel();
    this.#wake = undefined;
    const later = this.#items.filter((item) => !item.sending && item.notBeforeMs > nowMs);
    if (later.length === 0) return;
    const nextMs = Math.min(...later.map((item) => item.notBeforeMs));
    this.#wake = this.#clock.after(nextMs - nowMs, () => this.#pump());
  }

  /** The oldest fresh one, or else the oldest late one, that is not behind another of its alarm. */
  #next(nowMs: number): Item | undefined {
    if (this.#items.filter((item) => item.sending).length >= maxSending) return undefined;
    const alarms = new Set<string>();
    let late: Item | undefined;
    for (const item of this.#items) {
      const { alarm, gateway } = item.notification;
      const key = `${gateway}/${alarm}`;
      const first = !alarms.has(key);
      alarms.add(key);
      if (!first || item.sending || item.notBeforeMs > nowMs) continue;
      if (!item.notification.late) return item;
      late ??= item;
    }
    return late;
  }

  async #try(item: Item): Promise<void> {
    const deadline = new AbortController();
    const timer = this.#clock.after(tryDeadlineMs, () => deadline.abort());
    const signal = AbortSignal.any([deadline.signal, this.#stop.signal]);
    try {
      await Promise.race([this.#channel.send(item.notification, signal), aborted(deadline.signal)]);
      if (this.#stop.signal.aborted) return;
      this.#sent++;
      this.#lastError = '';
      this.#settle(item);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#failure(item, error);
    } finally {
      timer.cancel();
    }
    this.#pump();
  }

  #failure(item: Item, error: unknown): void {
    this.#retries++;
    this.#lastError = messageOf(error);
    item.sending = false;
    const nowMs = this.#clock.uptime();
    if (nowMs - item.sinceMs >= patienceMs) {
      this.#giveUp(item, `not taken within ${patienceMs / 60_000} min: ${this.#lastError}`);
      return;
    }
    if (item.attempt === 0) this.#logger.warn({ ...this.#names(item), err: error }, 'a notification is tried again');
    item.notBeforeMs = nowMs + backoffMs(backoff, item.attempt, this.#random);
    item.attempt++;
  }

  #makeRoom(): void {
    const idle = this.#items.filter((item) => !item.sending);
    const item = idle.find(({ notification }) => notification.late) ?? idle[0];
    if (item !== undefined) this.#giveUp(item, `${maxQueue} notifications wait for this channel`);
  }

  #giveUp(item: Item, reason: string): void {
    this.#failed++;
    this.#logger.error({ ...this.#names(item), reason }, 'a notification was given up');
    this.#settle(item);
  }

  #settle(item: Item): void {
    this.#items = this.#items.filter((other) => other !== item);
    item.settle();
  }

  #names({ notification }: Item): object {
    return { channel: this.#channel.name, event: notification.id, alarm: notification.alarm };
  }
}

/** Rejects when the signal is aborted: a channel that ignores its signal is not waited for. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const problem = new ForpostError('FORPOST_CHANNEL_FAILED', `no answer within ${tryDeadlineMs / 1000} s`);
    signal.addEventListener('abort', () => reject(problem), { once: true });
  });
}
