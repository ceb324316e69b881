/**
 * Paces one sink (pacing.ts) by the clock and the local day, and keeps the day's count in the uplink's memory. Both
 * lanes ask it before each batch and report their bytes on the wire to it. Evidence is counted when it is granted,
 * before it is sent.
 *
 * Always: without limits it answers «go» and stores nothing. The stored count is ahead by up to a hundredth of the
 * budget, so that a kill makes a day's budget smaller by that and never larger.
 */

import type { Clock } from '@forpost/shared/clock.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import type { ByteGrant } from '../messages.ts';
import type { Pace } from './forwarder-state.ts';
import {
  evidenceVerdict,
  type PacingLimits,
  type PacingState,
  type PacingTime,
  type Payer,
  passTime,
  spend,
  startPacing,
  verdict,
} from './pacing.ts';
import type { UplinkMemory } from './uplink-memory.ts';

export interface PacerOptions {
  readonly sink: string;
  readonly limits: PacingLimits;
  readonly clock: Clock;
  /** IANA: the budget's days begin at midnight there */
  readonly timeZone: string;
  readonly memory: UplinkMemory;
}

const goAhead: Pace = { until: 0, why: 'rate', maxBytes: Number.POSITIVE_INFINITY };
/** JSON bytes for each byte on the wire, until it is measured: zstd alone makes it 6 to 8 */
const firstRatio = 4;
const dayMs = 86_400_000;
/** A smaller part would be mostly headers: a slower link is overdrawn by one such part. */
const leastGrantBytes = 4_096;
/** share of the link for the gateway's statuses */
const statusShare = 0.1;
const longestStatusGapMs = 900_000;

export class Pacer {
  readonly #options: PacerOptions;
  readonly #limited: boolean;
  readonly #format: Intl.DateTimeFormat;
  #state: PacingState;
  #ratio = firstRatio;
  #reserved = { bytes: 0, evidence: 0 };
  #day = { at: Number.NaN, name: '', msToNext: dayMs };

  constructor(options: PacerOptions) {
    this.#options = options;
    const { limits, timeZone, memory, sink } = options;
    this.#limited = limits.bytesPerSecond !== undefined || limits.bytesPerDay !== undefined;
    this.#format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    });
    const { before = [], ...used } = memory.value.budgets[sink] ?? { day: '', bytes: 0 };
    this.#state = startPacing(limits, this.#time(), [used, ...before]);
    this.#reserved = { bytes: this.#state.dayBytes, evidence: this.#state.dayEvidence };
  }

  get limited(): boolean {
    return this.#limited;
  }

  /** Whether a lane may send now, and how much JSON its next batch may have. */
  ask(lane: Lane): Pace {
    if (!this.#limited) return goAhead;
    const time = this.#time();
    const { limits } = this.#options;
    this.#state = passTime(this.#state, limits, time);
    const answer = verdict(this.#state, limits, lane, time);
    if (!answer.go) return { until: time.now + answer.waitMs, why: answer.why, maxBytes: 0 };
    return { until: 0, why: 'rate', maxBytes: Math.max(1, Math.floor(answer.maxWireBytes * this.#ratio)) };
  }

  /** Grants evidence up to `wanted` bytes. They count as sent at once, so that a kill returns none of them. */
  grantBytes(wanted: number): ByteGrant {
    if (!this.#limited) return { bytes: wanted, waitMs: 0 };
    const time = this.#time();
    this.#state = passTime(this.#state, this.#options.limits, time);
    const answer = evidenceVerdict(this.#state, this.#options.limits, time);
    if (!answer.go) return { bytes: 0, waitMs: answer.waitMs };
    const bytes = Math.min(wanted, Math.max(leastGrantBytes, Math.floor(answer.maxWireBytes)));
    this.spent('evidence', bytes);
    return { bytes, waitMs: 0 };
  }

  /** Counts `wireBytes` on the wire for this lane, or for evidence. */
  spent(payer: Payer, wireBytes: number): void {
    if (!this.#limited || wireBytes <= 0) return;
    const { limits } = this.#options;
    this.#state = spend(passTime(this.#state, limits, this.#time()), limits, payer, wireBytes);
    if (limits.bytesPerDay !== undefined) this.#reserve(limits.bytesPerDay);
  }

  /** Learns how many bytes on the wire a batch's JSON took. */
  measured(jsonBytes: number, wireBytes: number): void {
    if (wireBytes > 0) this.#ratio = 0.7 * this.#ratio + 0.3 * Math.min(50, Math.max(0.2, jsonBytes / wireBytes));
  }

  /** ms from a status that took `wireBytes` until the next one may be sent. */
  statusGapMs(wireBytes: number): number {
    const { bytesPerSecond, bytesPerDay } = this.#options.limits;
    const rate = Math.min(
      bytesPerSecond ?? Number.POSITIVE_INFINITY,
      (bytesPerDay ?? Number.POSITIVE_INFINITY) / 86_400,
    );
    return Math.min(longestStatusGapMs, (wireBytes / (rate * statusShare)) * 1000);
  }

  /** Why telemetry waits, in words; empty: it does not. */
  why(pace: Pick<Pace, 'why'>): Words {
    const { bytesPerSecond, bytesPerDay } = this.#options.limits;
    if (pace.why === 'budget')
      return words('gateway/reason.budget-used', { size: { bytes: bytesPerDay ?? 0 }, day: this.#state.day });
    return words('gateway/reason.link-held', { bytes: bytesPerSecond ?? 0 });
  }

  /** The local day's bytes, and its budget; undefined: there is no budget. */
  budget(): { readonly used: number; readonly limit: number } | undefined {
    const { bytesPerDay } = this.#options.limits;
    if (bytesPerDay === undefined) return undefined;
    this.#state = passTime(this.#state, this.#options.limits, this.#time());
    return { used: this.#state.dayBytes, limit: bytesPerDay };
  }

  /** Stores the exact count. */
  close(): void {
    if (this.#options.limits.bytesPerDay !== undefined) this.#remember(this.#state.dayBytes, this.#state.dayEvidence);
  }

  #reserve(bytesPerDay: number): void {
    const { day, dayBytes, dayEvidence } = this.#state;
    const remembered = this.#options.memory.value.budgets[this.#options.sink];
    const { bytes, evidence } = this.#reserved;
    if (remembered?.day === day && dayBytes <= bytes && dayEvidence <= evidence) return;
    const ahead = Math.ceil(bytesPerDay / 100);
    this.#remember(dayBytes + ahead, dayEvidence === 0 ? 0 : dayEvidence + ahead);
  }

  #remember(bytes: number, evidence: number): void {
    const { memory, sink } = this.#options;
    this.#reserved = { bytes, evidence };
    const { day, before } = this.#state;
    const used = { day, bytes, evidence, before: before.map((one) => ({ ...one, evidence: one.evidence ?? 0 })) };
    memory.change({ budgets: { ...memory.value.budgets, [sink]: used } });
  }

  #time(): PacingTime {
    const { clock } = this.#options;
    const wall = clock.now();
    // the day's name is computed once a second at most
    if (!(Math.abs(wall - this.#day.at) < 1_000)) {
      const part = Object.fromEntries(this.#format.formatToParts(wall).map(({ type, value }) => [type, value]));
      const ofDay = (Number(part.hour) * 60 + Number(part.minute)) * 60_000 + Number(part.second) * 1000;
      this.#day = { at: wall, name: `${part.year}-${part.month}-${part.day}`, msToNext: dayMs - ofDay };
    }
    return { now: clock.uptime(), day: this.#day.name, msToNextDay: this.#day.msToNext };
  }
}
