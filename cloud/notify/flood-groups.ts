/**
 * Keeps one gateway's flood from burying people: of each gateway so many notifications a minute go out one by one,
 * the critical ones by a count of their own; what is more is told together, in one message after `groupMs`.
 *
 *   notification ── within its gateway's count ──► single
 *                └── beyond it ──► counted in the gateway's group ── `groupMs` after its first ──► one message, settles them all
 *
 * Always: nothing is dropped without being counted in a message; of `maxGateways` gateways counts are kept, then the one
 * that was quiet for longest is forgotten; a group keeps the words of its first and worst notification, not the others.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { Notification } from './channel.ts';
import { isWanted } from './policy.ts';
import { around } from './words.ts';

/** A person reads one a second for a minute, and then no more. */
const defaultPerMinute = 60;
const windowMs = 60_000;
const groupMs = 10_000;
const maxGateways = 10_000;
/** Most notifications that wait for one group; more count as settled, because memory is bounded. */
const maxSettles = 200_000;

interface Share {
  windowEndsAt: number;
  critical: number;
  other: number;
  group: Group | undefined;
}

interface Group {
  readonly first: Notification;
  worst: Notification;
  count: number;
  critical: number;
  readonly done: Promise<void>;
  readonly timer: Timer;
  waiting: number;
}

export interface FloodGroupsOptions {
  readonly clock: Clock;
  /** sends a group's one message; resolves when it is settled */
  readonly send: (notification: Notification) => Promise<void>;
  readonly perMinute?: number | undefined;
}

export class FloodGroups {
  readonly #clock: Clock;
  readonly #send: (notification: Notification) => Promise<void>;
  readonly #perMinute: number;
  /** the gateway that was quiet for longest first */
  readonly #shares = new Map<string, Share>();
  #grouped = 0;

  constructor(options: FloodGroupsOptions) {
    this.#clock = options.clock;
    this.#send = options.send;
    this.#perMinute = options.perMinute ?? defaultPerMinute;
  }

  /** notifications that were told together with others, since the start */
  get grouped(): number {
    return this.#grouped;
  }

  /** undefined: it is to go out by itself. Else it resolves when the group's message is settled. */
  take(notification: Notification): Promise<void> | undefined {
    const share = this.#shareOf(notification.gateway);
    const critical = notification.severity === 'critical';
    if ((critical ? share.critical : share.other) < this.#perMinute) {
      if (critical) share.critical++;
      else share.other++;
      return undefined;
    }
    this.#grouped++;
    share.group ??= this.#begin(share, notification);
    const { group } = share;
    group.count++;
    if (critical) group.critical++;
    if (isWanted(notification.severity, group.worst.severity)) group.worst = worse(group.worst, notification);
    return group.waiting++ < maxSettles ? group.done : Promise.resolve();
  }

  /** What is not told yet is told after the next start. */
  stop(): void {
    for (const { group } of this.#shares.values()) group?.timer.cancel();
  }

  #shareOf(gateway: string): Share {
    const now = this.#clock.uptime();
    const known = this.#shares.get(gateway);
    this.#shares.delete(gateway);
    const share = known ?? { windowEndsAt: now + windowMs, critical: 0, other: 0, group: undefined };
    if (now >= share.windowEndsAt) [share.windowEndsAt, share.critical, share.other] = [now + windowMs, 0, 0];
    this.#shares.set(gateway, share);
    if (this.#shares.size > maxGateways)
      for (const [oldest, { group }] of this.#shares)
        if (group === undefined) {
          this.#shares.delete(oldest);
          break;
        }
    return share;
  }

  #begin(share: Share, first: Notification): Group {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.after(groupMs, () => {
      const { group } = share;
      share.group = undefined;
      if (group !== undefined) void this.#send(messageOf(group)).then(resolve);
    });
    return { first, worst: first, count: 0, critical: 0, done: promise, timer, waiting: 0 };
  }
}

function worse(known: Notification, other: Notification): Notification {
  return isWanted(known.severity, other.severity) ? known : other;
}

function messageOf({ first, worst, count, critical }: Group): Notification {
  const { gateway, site } = first;
  const counts = { gateway, count, time: { seconds: groupMs / 1000 }, ...(critical === 0 ? {} : { critical }) };
  return {
    ...{ id: `${first.id}/group`, site, gateway, device: '', alarm: `${first.id}/group`, rule: 'group' },
    ...{ change: 'raised', severity: worst.severity, time: first.time, received: first.received, late: first.late },
    ...around(
      critical === 0 ? 'notification/group' : 'notification/group-critical',
      { ...counts, worst: worst.message_i18n ?? worst.message },
      { ...counts, worst: worst.message },
    ),
    grouped: count,
  };
}
