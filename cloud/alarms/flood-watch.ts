/**
 * Notices a gateway that floods, through Kafka or the receiver, and raises one alarm about it.
 *
 *   quiet ── more than its limit in a window of 10 s ──► flooding (raised) ── 6 windows in a row within it ──► quiet (cleared)
 *
 * Old events are a draining backlog. They count as a flood only after `patientWindows` windows in a row, because only the
 * gateway itself says how old they are.
 *
 * Requests that were refused unread prolong a flood. Alone they count as a backlog that drains as fast as the limits allow.
 *
 * Always: counting an event is a look-up and a sum; at most `maxGateways` are counted in a window.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { sentenceFields } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { GatewayLimits } from '../config/limits.ts';
import type { CentreAlarms } from './centre-alarms.ts';

export interface Sent {
  readonly gateway: string;
  readonly site: string;
  readonly lane: Lane;
  /** RFC 3339: when the gateway took it */
  readonly received: string;
}

export interface FloodWatchOptions {
  readonly alarms: Pick<CentreAlarms, 'raise' | 'clear'>;
  readonly limitsOf: (gateway: string) => GatewayLimits;
  readonly clock: Clock;
}

const windowMs = 10_000;
const calmWindows = 6;
/** 5 min */
const patientWindows = 30;
const backlogAfterMs = 300_000;
const maxGateways = 100_000;
/** The alarm ends by itself where the centre that raised it is gone. */
const holdsForMs = 180_000;
const floodKind = 'flood';

interface Count {
  readonly site: string;
  alerts: number;
  events: number;
  bytes: number;
  /** those of the events that the gateway took lately */
  fresh: number;
  freshAlerts: number;
  turnedAway: number;
}

export class FloodWatch implements Part {
  readonly #options: FloodWatchOptions;
  #counts = new Map<string, Count>();
  /** by gateway: windows in a row within the limit, and why it flooded at first */
  readonly #flooding = new Map<string, { readonly calm: number; readonly why: Message }>();
  /** by gateway: windows in a row above it with a backlog alone */
  readonly #draining = new Map<string, number>();
  #timer: Timer | undefined;

  constructor(options: FloodWatchOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
  }

  /** Counts received events, `bytes` in all; refused events count too. */
  count(events: readonly Sent[], bytes: number): void {
    const [first] = events;
    if (first === undefined) return;
    const now = this.#options.clock.now();
    for (const event of events) {
      const count = this.#countOf(event);
      if (count === undefined) continue;
      const fresh = now - Date.parse(event.received) < backlogAfterMs;
      if (event.lane === 'alerts') {
        count.alerts++;
        if (fresh) count.freshAlerts++;
      } else {
        count.events++;
        if (fresh) count.fresh++;
      }
      count.bytes += bytes / events.length;
    }
  }

  /** Counts a request that was refused unread, because of the gateway's limits. */
  turnedAway(gateway: string, site: string): void {
    const count = this.#countOf({ gateway, site });
    if (count !== undefined) count.turnedAway++;
  }

  #countOf({ gateway, site }: Pick<Sent, 'gateway' | 'site'>): Count | undefined {
    const known = this.#counts.get(gateway);
    if (known !== undefined || this.#counts.size >= maxGateways) return known;
    const count = { site, alerts: 0, events: 0, bytes: 0, fresh: 0, freshAlerts: 0, turnedAway: 0 };
    this.#counts.set(gateway, count);
    return count;
  }

  #arm(): void {
    this.#timer = this.#options.clock.after(windowMs, () => {
      this.#arm();
      this.#judge();
    });
  }

  #judge(): void {
    const counts = this.#counts;
    this.#counts = new Map();
    for (const [gateway, count] of counts) {
      const excess = this.#excess(gateway, count);
      if (excess === undefined) this.#draining.delete(gateway);
      else if (excess.fresh || this.#stillDraining(gateway)) this.#raise(gateway, count.site, excess.why);
    }
    for (const [gateway, { calm, why }] of this.#flooding) {
      const count = counts.get(gateway);
      if (count !== undefined && this.#excess(gateway, count) !== undefined) continue;
      this.#flooding.set(gateway, { calm: calm + 1, why });
      if (calm + 1 < calmWindows) continue;
      this.#flooding.delete(gateway);
      this.#options.alarms.clear(gateway, floodKind, message('centre/alarm.flood-over', { gateway }));
    }
    for (const gateway of this.#draining.keys()) if (!counts.has(gateway)) this.#draining.delete(gateway);
  }

  #stillDraining(gateway: string): boolean {
    const windows = (this.#draining.get(gateway) ?? 0) + 1;
    this.#draining.set(gateway, windows);
    return windows >= patientWindows;
  }

  #raise(gateway: string, site: string, now: Message): void {
    // the first reason stays, because each new sentence would be another write
    const why = this.#flooding.get(gateway)?.why ?? now;
    this.#flooding.set(gateway, { calm: 0, why });
    const sentence = sentenceFields(message('centre/alarm.flood', { gateway, why }));
    this.#options.alarms.raise({ gateway, site, kind: floodKind, severity: 'warning', ...sentence, holdsForMs });
  }

  /** How far a gateway is above its limit, and whether its events are fresh; undefined: within the limit. */
  #excess(gateway: string, count: Count): { readonly why: Message; readonly fresh: boolean } | undefined {
    const limits = this.#options.limitsOf(gateway);
    const seconds = windowMs / 1000;
    const above = (sent: number, limit: number) => sent > limit * seconds;
    if (above(count.alerts, limits.alerts_per_second))
      return {
        why: message('centre/alarm.flood-alerts', { limit: String(limits.alerts_per_second) }),
        fresh: above(count.freshAlerts, limits.alerts_per_second),
      };
    if (above(count.events, limits.events_per_second))
      return {
        why: message('centre/alarm.flood-events', { limit: String(limits.events_per_second) }),
        fresh: above(count.fresh, limits.events_per_second),
      };
    if (above(count.bytes, limits.bytes_per_second))
      return {
        why: message('centre/alarm.flood-bytes', { limit: String(limits.bytes_per_second) }),
        fresh: count.fresh + count.freshAlerts > (count.events + count.alerts) / 2,
      };
    if (count.turnedAway > 0) return { why: message('centre/alarm.flood-refused'), fresh: this.#flooding.has(gateway) };
    return undefined;
  }
}
