/**
 * How many are in a zone, for the kinds that watch that number (zone-count, zone-empty):
 *
 *   unknown ── the camera is live, for settleMs ──► within ── beyond the limit ──► beyond ── for holdMs ──► active
 *      ▲                                              ▲└──────── within ─────────────┘                        │
 *      └── camera lost (an active alarm stays)        └──────────────────────── within ──────────────────────┘
 *
 * Always: a zone whose camera is not live is not empty: nobody knows. Parked things count where the rule says so; a
 * condition that is about the time is asked again each minute.
 */
import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import { asId, type DeviceId } from '@forpost/shared/event/ids.ts';
import type { Condition } from '../cel.ts';
import type { Evaluation, Observation, RuleChange, RuleContext } from '../rule.ts';
import { compileWhen } from './common.ts';
import { Presence } from './presence.ts';
import { means, type ThingChoice } from './things.ts';

export interface Occupancy {
  readonly context: RuleContext;
  readonly camera: DeviceId;
  readonly presence: Presence;
  readonly when: Condition | undefined;
  /** from when on the number is known, ms of the monotonic clock; undefined = the camera is not live */
  knownFrom: number | undefined;
  /** since when it is beyond the limit, ms of the monotonic clock */
  beyondSince: number | undefined;
  active: boolean;
  /** the worst number that was told of this alarm; undefined: told before a restart */
  worst: number | undefined;
}

/** What a kind makes of a number. */
export interface Limit {
  readonly zone: string;
  readonly holdMs: number;
  isBeyond(count: number): boolean;
  /** whether a count that is beyond it is worse than another one */
  isWorse(count: number, than: number): boolean;
  change(change: RuleChange['change'], count: number, time: number): RuleChange;
}

/** A camera that has just come needs this long to see who is there. */
export const settleMs = 3_000;
const askAgainMs = 60_000;

interface OccupancyConfig extends ThingChoice {
  readonly camera: string;
  readonly zone: string;
  readonly when?: string;
}

export function beginOccupancy(config: OccupancyConfig, context: RuleContext, parked: boolean): Occupancy {
  return {
    context,
    camera: asId<'device'>(config.camera),
    presence: new Presence({ zone: config.zone, parked, means: (track) => means(config, track) }),
    when: compileWhen(config.when, 'zone', context),
    knownFrom: undefined,
    beyondSince: undefined,
    active: context.active.length > 0,
    worst: undefined,
  };
}

export function observeOccupancy(
  limit: Limit,
  state: Occupancy,
  observation: Observation,
  uptime: Uptime,
): Evaluation<Occupancy> {
  if (observation.kind === 'scene-lost') {
    state.presence.clear();
    state.knownFrom = undefined;
    state.beyondSince = undefined;
    return { state, changes: [] };
  }
  // whoever tells of a picture has one
  if (['scene-live', 'scene', 'looked'].includes(observation.kind)) state.knownFrom ??= uptime + settleMs;
  state.presence.observe(observation, uptime);
  return judge(limit, state, observation.received, uptime);
}

/** What the number means now. `now`: ms since 1970. */
export function judge(limit: Limit, state: Occupancy, now: WallTime, uptime: Uptime): Evaluation<Occupancy> {
  const { knownFrom, presence, when, camera } = state;
  if (knownFrom === undefined) return { state, changes: [] };
  if (uptime < knownFrom) return { state, changes: [], wakeAt: knownFrom };
  const { count } = presence;
  const holds = when?.holds({ now, device: camera, zone: limit.zone, count }) ?? true;
  const changes: RuleChange[] = [];
  const askAgain = when === undefined ? {} : { wakeAt: uptime + askAgainMs };
  if (!holds || !limit.isBeyond(count)) {
    state.beyondSince = undefined;
    if (state.active) changes.push(limit.change('cleared', count, now));
    state.active = false;
    return { state, changes, ...askAgain };
  }
  state.beyondSince ??= uptime;
  const due = state.beyondSince + limit.holdMs;
  if (!state.active && uptime < due)
    return { state, changes, wakeAt: Math.min(due, askAgain.wakeAt ?? Number.POSITIVE_INFINITY) };
  state.worst ??= count;
  if (!state.active) changes.push({ ...limit.change('raised', count, now), peak: count });
  else if (limit.isWorse(count, state.worst)) changes.push({ ...limit.change('updated', count, now), peak: count });
  if (!state.active || limit.isWorse(count, state.worst)) state.worst = count;
  state.active = true;
  return { state, changes, ...askAgain };
}
