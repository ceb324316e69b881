/**
 * Judges readings: which alarm begins or ends. Pure.
 *
 *   well ── bad for raiseAfter ──► active ── good for clearAfter ──► well
 *             (in between or good: the time begins anew)   (in between or bad: the time begins anew)
 *                                       └── not known for a day ──► well
 *
 * Always: one change of state is one change of the alarm; an unknown reading changes nothing for a day.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import { type Condition, conditions, type HostCondition, type ReadingInContext } from './conditions.ts';
import { type HostReading, known } from './reading.ts';
import type { HostLimits } from './settings.ts';

interface Standing {
  readonly active: boolean;
  /** since when the opposite of `active` holds; absent: it does not */
  readonly since?: Uptime;
  /** since when nothing is known; absent: it is known */
  readonly unknownSince?: Uptime;
  /** what is wrong, as text; empty while well */
  readonly sentence: string;
}

/** A fault in the last reading, with or without an active alarm. */
export interface Fault {
  readonly condition: HostCondition;
  readonly sentence: string;
}

export interface HostState {
  readonly standings: Readonly<Record<HostCondition, Standing>>;
  /** `recent`: when the kernel ended programs for lack of memory; `count`: how many since the boot */
  readonly kills: { readonly count: number | undefined; readonly recent: readonly Uptime[] };
  readonly throttles: number | undefined;
}

export interface HostChange {
  readonly change: 'raised' | 'cleared';
  readonly condition: Condition;
  /** what is or was wrong, as text */
  readonly sentence: string;
  readonly value?: number;
}

/** An alarm ends if its condition has been unknown for this time. */
const forgottenAfterMs = 24 * 3_600_000;
const recentMs = 3_600_000;
const mostRecent = 100;

/** `active`: alarms from before a restart with their words. */
export function initialState(active: ReadonlyMap<string, string> = new Map()): HostState {
  const standing = ({ id }: Condition): Standing => ({ active: active.has(id), sentence: active.get(id) ?? '' });
  return {
    standings: Object.fromEntries(conditions.map((one) => [one.id, standing(one)])) as HostState['standings'],
    kills: { count: undefined, recent: [] },
    throttles: undefined,
  };
}

export function judged(
  state: HostState,
  reading: HostReading,
  daysLeft: number | undefined,
  limits: HostLimits,
  uptime: Uptime,
): { readonly state: HostState; readonly changes: readonly HostChange[] } {
  const kills = killsAfter(state.kills, known(reading.memory)?.oomKills, uptime);
  const { byHeat = false, count } = known(reading.throttling) ?? {};
  const more = count !== undefined && state.throttles !== undefined && count > state.throttles;
  const context: ReadingInContext = { reading, daysLeft, recentKills: kills.recent.length, throttled: byHeat || more };
  const changes: HostChange[] = [];
  const standings = { ...state.standings };
  for (const condition of conditions) {
    const verdict = condition.verdictOn(context, limits);
    const before = standings[condition.id];
    const after = moved(before, condition, verdict, uptime);
    standings[condition.id] = after;
    if (after.active === before.active) continue;
    const value = verdict.is === 'bad' ? verdict.value : undefined;
    changes.push({
      change: after.active ? 'raised' : 'cleared',
      condition,
      sentence: after.active ? after.sentence : before.sentence,
      ...(value === undefined ? {} : { value }),
    });
  }
  return { state: { standings, kills, throttles: count ?? state.throttles }, changes };
}

/** The present faults: `bad` have an active alarm, `watch` are too new for one. */
export function faults({ standings }: HostState): {
  readonly bad: readonly Fault[];
  readonly watch: readonly Fault[];
} {
  const all = Object.entries(standings).map(([id, { active, sentence }]) => ({
    condition: id as HostCondition,
    active,
    sentence,
  }));
  const wrong = all.filter(({ sentence }) => sentence !== '');
  return { bad: wrong.filter(({ active }) => active), watch: wrong.filter(({ active }) => !active) };
}

function moved(
  before: Standing,
  condition: Condition,
  verdict: ReturnType<Condition['verdictOn']>,
  now: Uptime,
): Standing {
  const { active, sentence } = before;
  if (verdict.is === 'unknown') {
    const unknownSince = before.unknownSince ?? now;
    if (active && now - unknownSince >= forgottenAfterMs) return { active: false, sentence: '', unknownSince };
    return { ...before, sentence: active ? sentence : '', unknownSince };
  }
  const wanted = verdict.is === 'bad';
  const words = wanted ? verdict.sentence : active ? sentence : '';
  // in between: the state stays, and the hold time begins anew
  if (verdict.is === 'between' || wanted === active) return { active, sentence: words };
  const since = before.since ?? now;
  const patienceMs = active ? condition.clearAfterMs : condition.raiseAfterMs;
  if (now - since < patienceMs) return { active, since, sentence: words };
  return { active: wanted, sentence: wanted ? words : '' };
}

function killsAfter(before: HostState['kills'], count: number | undefined, now: Uptime): HostState['kills'] {
  const recent = before.recent.filter((at) => now - at < recentMs);
  if (count === undefined || before.count === undefined) return { count: count ?? before.count, recent };
  // kills in the first reading's count happened before the gateway started
  const fresh = Math.min(mostRecent, Math.max(0, count - before.count));
  return { count, recent: [...recent, ...Array<Uptime>(fresh).fill(now)].slice(-mostRecent) };
}
