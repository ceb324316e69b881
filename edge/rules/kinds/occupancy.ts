/**
 * The number of things in a zone, for the kinds that compare it with a limit (zone-count, zone-empty):
 *
 *   unknown ── the camera is live, for settleMs ──► within ── beyond the limit ──► beyond ── for holdMs ──► active
 *      ▲                                              ▲└──────── within ─────────────┘                        │
 *      └── camera lost (an active alarm stays)        └──────────────────────── within ──────────────────────┘
 *
 * Always: while the camera is not live, the number is unknown, not 0. Parked things count where the rule says so. A
 * condition is evaluated again each minute, because it may depend on the time.
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
  /** the number is known from this time on, ms of the monotonic clock; undefined = the camera is not live */
  knownFrom: number | undefined;
  /** since this time the number is beyond the limit, ms of the monotonic clock */
  beyondSince: number | undefined;
  active: boolean;
  /** the worst number of this alarm so far; undefined after a restart */
  worst: number | undefined;
}

/** A kind's limit, and the change of its alarm. */
export interface Limit {
  readonly zone: string;
  readonly holdMs: number;
  isBeyond(count: number): boolean;
  /** whether `count` is further beyond the limit than `than` */
  isWorse(count: number, than: number): boolean;
  change(change: RuleChange['change'], count: number, time: number): RuleChange;
}

/** A camera that has just become live needs this long to find all things in the zone. */
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
  // a camera that sends a scene change or a frame's tracks is live
  if (['scene-live', 'scene', 'frame'].includes(observation.kind)) state.knownFrom ??= uptime + settleMs;
  state.presence.observe(observation, uptime);
  return judge(limit, state, observation.received, uptime);
}

/** Compares the number with the limit, and returns the alarm's change. `now`: ms since 1970. */
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
