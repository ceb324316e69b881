/**
 * The rule kind `loitering`: a thing stays in a zone for longer than `after_s`. One alarm is active while such a thing is
 * there.
 *
 *   none ── a thing is inside for after_s, and `when` ──► loitering (active) ── the last one left, for clear_after_s ──► none
 *                                                            └── another one stays as long: updated
 *
 * Always: the time begins when the box's foot enters the zone. It is counted by the clock, not by frames: frames without
 * motion are analysed rarely. When a camera loses its tracks, all times begin anew.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import { asId, type DeviceId } from '@forpost/shared/event/ids.ts';
import { classValue } from '@forpost/shared/texts/class-names.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { RuleConfig } from '../../site/site.ts';
import { worded } from '../messages.ts';
import type { Evaluation, RuleChange, RuleContext, RuleKind } from '../rule.ts';
import { seconds, whenKey } from './common.ts';
import { type Occupant, Presence } from './presence.ts';
import { thingKeys, thingsInWords, zoneInWords, zoneKeys } from './things.ts';
import { meansInZone, zoneKind } from './zone-kind.ts';

const schema = Type.Object(
  {
    ...zoneKeys,
    ...thingKeys,
    after_s: seconds('how long a thing may stay in the zone', { minimum: 1 }),
    clear_after_s: Type.Optional(
      seconds('how long the zone must be free of such things before the alarm ends', { default: 5 }),
    ),
    ...whenKey,
  },
  {
    additionalProperties: false,
    description: 'raised while a thing has been in a zone for after_s',
  },
);

export type LoiteringConfig = RuleConfig & Type.Static<typeof schema>;

interface State {
  readonly context: RuleContext;
  readonly camera: DeviceId;
  readonly presence: Presence;
  /** ids of the tracks that have raised or updated the alarm */
  readonly reported: Set<number>;
  active: boolean;
  /** when the last of them left, while the alarm is active; ms of the monotonic clock */
  goneSince: number | undefined;
}

const defaultClearAfterS = 5;
const placeholders = ['camera', 'zone', 'class', 'score', 'seconds', 'inside'];
const cause = 'loitering';

export const loitering: RuleKind<LoiteringConfig, State> = {
  kind: 'loitering',
  title: message('rule/kind.loitering'),
  category: 'intrusion',
  schema,
  ...zoneKind({
    subject: 'scene',
    placeholders,
    standingCounts: false,
    whyNot: () => words('gateway/reason.waits-stay'),
  }),

  clause: (config, names) =>
    message('rule/clause.loitering', {
      ...zoneInWords(config, names),
      things: thingsInWords(config),
      duration: { seconds: config.after_s },
    }),

  initial(config, context, uptime) {
    const { camera, zone } = config;
    const active = context.active.length > 0;
    return {
      context,
      camera: asId<'device'>(camera),
      presence: new Presence({ zone, parked: false, means: meansInZone(config, context) }),
      reported: new Set(),
      active,
      // a thing from before a restart may still be there, and counts after it has stayed for after_s again
      goneSince: active ? uptime + afterMs(config) : undefined,
    };
  },

  observe(config, state, observation, uptime) {
    if (observation.kind === 'scene-lost') {
      state.presence.clear();
      state.reported.clear();
    } else for (const { track } of state.presence.observe(observation, uptime).went) state.reported.delete(track.id);
    return due(config, state, uptime, observation.time);
  },

  wake: (config, state, now, uptime) => due(config, state, uptime, now),
};

/** The alarm's changes by now: things that have stayed for long enough, and the alarm's end. */
function due(config: LoiteringConfig, state: State, uptime: Uptime, time: number): Evaluation<State> {
  const changes: RuleChange[] = [];
  let next = Number.POSITIVE_INFINITY;
  for (const occupant of state.presence.counted) {
    const { id } = occupant.track;
    if (state.reported.has(id)) continue;
    if (uptime - occupant.since < afterMs(config)) {
      next = Math.min(next, occupant.since + afterMs(config));
      continue;
    }
    state.reported.add(id);
    changes.push(stays(config, state, occupant, uptime, time));
    state.active = true;
  }
  if (state.reported.size > 0) state.goneSince = undefined;
  else if (state.active) {
    state.goneSince ??= uptime;
    const over = state.goneSince + clearAfterMs(config);
    if (uptime < over) next = Math.min(next, over);
    else {
      state.active = false;
      state.goneSince = undefined;
      changes.push(gone(config, state, time));
    }
  }
  return next === Number.POSITIVE_INFINITY ? { state, changes } : { state, changes, wakeAt: next };
}

function stays(config: LoiteringConfig, state: State, occupant: Occupant, uptime: Uptime, time: number): RuleChange {
  const { context, camera, reported, active } = state;
  const seconds = Math.round((uptime - occupant.since) / 1000);
  const fields = {
    camera: context.nameOf(config.camera),
    zone: context.zoneNameOf(config.camera, config.zone),
    class: occupant.track.class,
    score: occupant.track.best.toFixed(2),
    seconds: context.words.formats.span(seconds),
    inside: String(reported.size),
  };
  const sentence = message('alarm/loitering.raised', {
    camera: fields.camera,
    zone: fields.zone,
    thing: classValue(occupant.track.class),
    duration: { seconds },
  });
  const says = worded(context.words, config.message, fields, sentence);
  const change = active ? 'updated' : 'raised';
  return { change, device: camera, subject: config.zone, ...says, cause, value: seconds, time };
}

function gone(config: LoiteringConfig, { context, camera }: State, time: number): RuleChange {
  const place = { camera: context.nameOf(config.camera), zone: context.zoneNameOf(config.camera, config.zone) };
  const says = worded(context.words, undefined, {}, message('alarm/loitering.over', place));
  return { change: 'cleared', device: camera, subject: config.zone, ...says, cause, value: 0, time };
}

function afterMs(config: LoiteringConfig): number {
  return config.after_s * 1000;
}

function clearAfterMs(config: LoiteringConfig): number {
  return (config.clear_after_s ?? defaultClearAfterS) * 1000;
}
