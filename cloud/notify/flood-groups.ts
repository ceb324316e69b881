/**
 * Groups the flood of one gateway, so that people are not buried. `perMinute` notifications of a gateway are sent one by
 * one, and as many critical ones; the notifier sends further ones as one message after `groupMs`.
 *
 *   notification ── within its gateway's count ──► sent alone
 *                └── beyond it ──► counted in the gateway's group ── `groupMs` after the first ──► one message settles all
 *
 * Always: every notification is sent or counted in a message. Counts of `maxGateways` gateways are kept; beyond that the
 * gateway that was quiet for longest is forgotten. A group keeps only the texts of its first and its worst notification.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { Notification } from './channel.ts';
import { isWanted } from './policy.ts';
import { messageAround } from './words.ts';

/** A person can read one notification a second. */
const defaultPerMinute = 60;
const windowMs = 60_000;
const groupMs = 10_000;
const maxGateways = 10_000;
/** Most notifications that wait for one group's message. Further ones count as settled at once, to bound memory. */
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
  /** by gateway; the one that was quiet for longest comes first */
  readonly #shares = new Map<string, Share>();
  #grouped = 0;

  constructor(options: FloodGroupsOptions) {
    this.#clock = options.clock;
    this.#send = options.send;
    this.#perMinute = options.perMinute ?? defaultPerMinute;
  }

  /** number of grouped notifications since the start */
  get grouped(): number {
    return this.#grouped;
  }

  /** Counts a notification. undefined: the caller sends it alone. Otherwise resolves when the group's message is settled. */
  join(notification: Notification): Promise<void> | undefined {
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

  /** Cancels the groups; their notifications are not settled and come again after the next start. */
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
    id: `${first.id}/group`,
    site,
    gateway,
    device: '',
    alarm: `${first.id}/group`,
    rule: 'group',
    change: 'raised',
    severity: worst.severity,
    time: first.time,
    received: first.received,
    late: first.late,
    ...messageAround(
      critical === 0 ? 'notification/group' : 'notification/group-critical',
      { ...counts, worst: worst.message_i18n ?? worst.message },
      { ...counts, worst: worst.message },
    ),
    grouped: count,
  };
}
