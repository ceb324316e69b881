/**
 * The queue of one channel, with its retries and time limits, so that a failed or slow channel delays no other channel.
 *
 *   waiting ── its turn ──► sending ── accepted ──► settled (sent)
 *      ▲                      │ error, deadline
 *      └── jittered delay ◄───┴── `patienceMs` over ──► settled (given up: counted, logged)
 *
 * Always: gateways take turns, so that no gateway waits for another one's flood. Notifications of one alarm are sent in
 * order; other alarms do not wait for them; fresh notifications go before late ones. The queue is bounded: when it is
 * full, the gateway with the most notifications gives one up: its oldest late one, or else its least grave one, oldest
 * first. After `stop` no notification settles; an unsettled one is sent again after the next start. When the other side
 * asks the channel to wait, the channel sends nothing until then, and that time does not count towards `patienceMs`.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { type Channel, type Notification, RetryLaterError } from './channel.ts';
import { isWanted } from './policy.ts';

export const maxQueue = 1_000;
/** Most notifications (of different alarms) that are being sent at once. */
const maxSending = 4;
const tryDeadlineMs = 5_000;
const backoff = { baseMs: 500, ceilingMs: 30_000 };
/** How long the channel tries to send one notification. */
export const patienceMs = 15 * 60_000;
const checkAgainMs = 60_000;

export interface ChannelStatus {
  readonly channel: string;
  readonly sent: number;
  /** notifications given up */
  readonly failed: number;
  /** failed tries, including those before a success */
  readonly retries: number;
  /** notifications that wait or are being sent */
  readonly queue: number;
  /** message of the last try's error; empty after a success */
  readonly lastError: string;
  /** why the other side cannot be reached, by the check at the start; absent where it can be reached */
  readonly unreachable?: string;
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
  sinceMs: number;
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
  /** by gateway, the next in turn first; items in order of arrival, including those being sent */
  readonly #gateways = new Map<string, Item[]>();
  #length = 0;
  #sending = 0;
  #wake: Timer | undefined;
  #sent = 0;
  #failed = 0;
  #retries = 0;
  #lastError = '';
  /** uptime until which the channel sends nothing, because the other side asked for it */
  #heldUntilMs = 0;
  #unreachable: string | undefined;
  #checkTimer: Timer | undefined;

  constructor(options: ChannelQueueOptions) {
    this.#channel = options.channel;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#logger = options.logger;
  }

  /** Resolves when the notification is sent or given up. Never rejects, and never resolves after `stop`. */
  enqueue(notification: Notification): Promise<void> {
    return new Promise((settle) => {
      if (this.#stop.signal.aborted) return;
      if (this.#length >= maxQueue) this.#makeRoom();
      const nowMs = this.#clock.uptime();
      const items = this.#gateways.get(notification.gateway) ?? [];
      items.push({ notification, settle, sinceMs: nowMs, attempt: 0, notBeforeMs: nowMs, sending: false });
      this.#gateways.set(notification.gateway, items);
      this.#length++;
      this.#pump();
    });
  }

  /** Checks whether the other side can be reached, and repeats the check while it cannot. Never rejects. */
  async check(): Promise<void> {
    if (this.#channel.check === undefined || this.#stop.signal.aborted) return;
    const deadline = new AbortController();
    const timer = this.#clock.after(tryDeadlineMs, () => deadline.abort());
    try {
      const signal = AbortSignal.any([deadline.signal, this.#stop.signal]);
      await Promise.race([this.#channel.check(signal), aborted(deadline.signal)]);
      this.#unreachable = undefined;
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      if (this.#unreachable === undefined)
        this.#logger.warn(
          { channel: this.#channel.name },
          `${messageOf(error)}: this channel cannot deliver notifications now`,
        );
      this.#unreachable = messageOf(error);
      this.#checkTimer = this.#clock.after(checkAgainMs, () => void this.check());
    } finally {
      timer.cancel();
    }
  }

  stop(): void {
    this.#stop.abort();
    this.#checkTimer?.cancel();
    this.#wake?.cancel();
    this.#gateways.clear();
    this.#length = 0;
  }

  status(): ChannelStatus {
    return {
      channel: this.#channel.name,
      sent: this.#sent,
      failed: this.#failed,
      retries: this.#retries,
      queue: this.#length,
      lastError: this.#lastError,
      ...(this.#unreachable === undefined ? {} : { unreachable: this.#unreachable }),
    };
  }

  /** Sends the items that may go now, and sets the timer for the next ones. */
  #pump(): void {
    if (this.#stop.signal.aborted) return;
    const nowMs = this.#clock.uptime();
    for (let item = this.#next(nowMs); item !== undefined; item = this.#next(nowMs)) {
      item.sending = true;
      this.#sending++;
      void this.#try(item);
    }
    this.#wake?.cancel();
    this.#wake = undefined;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const items of this.#gateways.values())
      for (const { sending, notBeforeMs } of items)
        if (!sending && Math.max(notBeforeMs, this.#heldUntilMs) > nowMs)
          nextMs = Math.min(nextMs, Math.max(notBeforeMs, this.#heldUntilMs));
    if (nextMs === Number.POSITIVE_INFINITY) return;
    this.#wake = this.#clock.after(nextMs - nowMs, () => this.#pump());
  }

  /**
   * Picks the next item: the oldest fresh one of the next gateway in turn that has any, else the oldest late one. An item
   * behind another one of the same alarm waits.
   */
  #next(nowMs: number): Item | undefined {
    if (this.#sending >= maxSending || nowMs < this.#heldUntilMs) return undefined;
    let late: { readonly gateway: string; readonly item: Item } | undefined;
    for (const [gateway, items] of this.#gateways) {
      const found = nextOf(items, nowMs);
      if (found === undefined) continue;
      if (!found.notification.late) return this.#served(gateway, found);
      late ??= { gateway, item: found };
    }
    return late === undefined ? undefined : this.#served(late.gateway, late.item);
  }

  /** Moves the gateway to the end of the turns. */
  #served(gateway: string, item: Item): Item {
    const items = this.#gateways.get(gateway) ?? [];
    this.#gateways.delete(gateway);
    this.#gateways.set(gateway, items);
    return item;
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
      this.#unreachable = undefined;
      this.#settle(item);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#failure(item, error);
    } finally {
      timer.cancel();
      this.#sending--;
    }
    this.#pump();
  }

  #failure(item: Item, error: unknown): void {
    this.#retries++;
    this.#lastError = messageOf(error);
    item.sending = false;
    const nowMs = this.#clock.uptime();
    const askedMs = error instanceof RetryLaterError ? error.waitMs : 0;
    if (askedMs > 0) {
      this.#heldUntilMs = Math.max(this.#heldUntilMs, nowMs + askedMs);
      // the wait extends every item's time limit, so that each is tried at least once more
      for (const items of this.#gateways.values()) for (const one of items) one.sinceMs += askedMs;
    }
    if (nowMs - item.sinceMs >= patienceMs) {
      this.#giveUp(item, `not accepted within ${patienceMs / 60_000} min: ${this.#lastError}`);
      return;
    }
    if (item.attempt === 0) this.#logger.warn({ ...this.#names(item), err: error }, 'a notification is tried again');
    item.notBeforeMs = nowMs + Math.max(askedMs, backoffMs(backoff, item.attempt, this.#random));
    item.attempt++;
  }

  #makeRoom(): void {
    let most: readonly Item[] = [];
    for (const items of this.#gateways.values()) if (items.length > most.length) most = items;
    const idle = most.filter((item) => !item.sending);
    const least = (best: Item | undefined, item: Item) =>
      best === undefined || !isWanted(item.notification.severity, best.notification.severity) ? item : best;
    const item = idle.find(({ notification }) => notification.late) ?? idle.reduce<Item | undefined>(least, undefined);
    if (item !== undefined) this.#giveUp(item, `${maxQueue} notifications wait for this channel`);
  }

  #giveUp(item: Item, reason: string): void {
    this.#failed++;
    this.#logger.error({ ...this.#names(item), reason }, 'a notification was given up');
    this.#settle(item);
  }

  #settle(item: Item): void {
    const { gateway } = item.notification;
    const left = (this.#gateways.get(gateway) ?? []).filter((other) => other !== item);
    // `set` on a known key keeps the gateway's turn
    if (left.length === 0) this.#gateways.delete(gateway);
    else this.#gateways.set(gateway, left);
    this.#length--;
    item.settle();
  }

  #names({ notification }: Item): object {
    const { id, key, alarm } = notification;
    return { channel: this.#channel.name, event: key ?? id, alarm };
  }
}

/** The oldest fresh item of one gateway, else its oldest late one; an item behind another one of the same alarm waits. */
function nextOf(items: readonly Item[], nowMs: number): Item | undefined {
  const alarms = new Set<string>();
  let late: Item | undefined;
  for (const item of items) {
    const { alarm } = item.notification;
    const first = !alarms.has(alarm);
    alarms.add(alarm);
    if (!first || item.sending || item.notBeforeMs > nowMs) continue;
    if (!item.notification.late) return item;
    late ??= item;
  }
  return late;
}

/** Rejects when the signal is aborted, so that the queue does not wait for a channel that ignores its signal. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const problem = new ForpostError(
      'FORPOST_CHANNEL_FAILED',
      words('centre/reason.no-answer-within', { seconds: String(tryDeadlineMs / 1000) }),
    );
    signal.addEventListener('abort', () => reject(problem), { once: true });
  });
}
