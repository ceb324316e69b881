/**
 * One channel's own queue, retries and patience, so that a channel that is down or slow delays no other.
 *
 *   waiting ── its turn ──► sending ── taken ──► settled (sent)
 *      ▲                      │ error, deadline
 *      └── jittered delay ◄───┴── patience at its end ──► settled (given up: counted, logged)
 *
 * Always: gateways take turns, so that none waits for all that another one sent; what is about one alarm goes out in the
 * order it came in, other alarms do not wait for it; fresh goes before late. The queue is bounded: when it is full the
 * gateway with the most in it gives one up: its oldest late one, or where there is none the least grave, oldest first.
 * After `stop` nothing settles any more: what was not taken is sent again after the next start. A channel whose other
 * side asks to be left alone gets nothing until then, whatever waits for it, and what it asked in vain costs no patience.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import { type Channel, type Notification, TryLater } from './channel.ts';
import { isWanted } from './policy.ts';

export const maxQueue = 1_000;
/** Notifications of different alarms on their way at once. */
const maxSending = 4;
const tryDeadlineMs = 5_000;
const backoff = { baseMs: 500, ceilingMs: 30_000 };
/** How long one notification is tried. */
export const patienceMs = 15 * 60_000;
const checkAgainMs = 60_000;

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
  /** why the other side cannot be reached, from the check at the start; absent where it can */
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
  /** by gateway, the one whose turn is next first; of each in the order they came in, those on their way included */
  readonly #gateways = new Map<string, Item[]>();
  #length = 0;
  #sending = 0;
  #wake: Timer | undefined;
  #sent = 0;
  #failed = 0;
  #retries = 0;
  #lastError = '';
  /** nothing is sent before: the other side has asked for it */
  #heldUntilMs = 0;
  #unreachable: string | undefined;
  #checkTimer: Timer | undefined;

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
      if (this.#length >= maxQueue) this.#makeRoom();
      const nowMs = this.#clock.uptime();
      const items = this.#gateways.get(notification.gateway) ?? [];
      items.push({ notification, settle, sinceMs: nowMs, attempt: 0, notBeforeMs: nowMs, sending: false });
      this.#gateways.set(notification.gateway, items);
      this.#length++;
      this.#pump();
    });
  }

  /** Looks whether the other side can be reached, and again while it cannot. Never rejects. */
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
          `${messageOf(error)}: no notification would arrive through it now`,
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

  /** Starts what may go now and sets the timer for what may go next. */
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
   * Takes the next gateway in turn: its oldest fresh item, else its oldest late one; never one that is behind another
   * of its alarm.
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

  /** Its gateway is the last one to be asked again. */
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
    const askedMs = error instanceof TryLater ? error.waitMs : 0;
    if (askedMs > 0) {
      this.#heldUntilMs = Math.max(this.#heldUntilMs, nowMs + askedMs);
      // whoever is told to wait is not impatient: what waits meanwhile is tried once more at least
      for (const items of this.#gateways.values()) for (const one of items) one.sinceMs += askedMs;
    }
    if (nowMs - item.sinceMs >= patienceMs) {
      this.#giveUp(item, `not taken within ${patienceMs / 60_000} min: ${this.#lastError}`);
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
    // `set` keeps its turn
    if (left.length === 0) this.#gateways.delete(gateway);
    else this.#gateways.set(gateway, left);
    this.#length--;
    item.settle();
  }

  #names({ notification }: Item): object {
    return { channel: this.#channel.name, event: notification.id, alarm: notification.alarm };
  }
}

/** The oldest fresh item of one gateway, else its oldest late one; never one that is behind another of its alarm. */
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

/** Rejects when the signal is aborted: a channel that ignores its signal is not waited for. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const problem = new ForpostError('FORPOST_CHANNEL_FAILED', `no answer within ${tryDeadlineMs / 1000} s`);
    signal.addEventListener('abort', () => reject(problem), { once: true });
  });
}
