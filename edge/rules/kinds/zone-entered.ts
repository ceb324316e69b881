/**
 * The rule kind `zone-entered`: a thing in a zone of a camera's picture. One alarm is active while the zone is occupied;
 * each further thing that enters updates it.
 *
 *   empty ── a thing enters, and `when` ──► occupied (active) ── the last one left, for clear_after_s ──► empty
 *                                              └── another one enters: updated
 *
 * Always: raised and cleared alternate; a parked thing does not count. A zone becomes empty when its camera loses its
 * tracks, or sends nothing for `forgottenAfterMs`: then no `left` will come for these tracks.
 */

import { asId, type DeviceId } from '@forpost/shared/event/ids.ts';
import { classValue } from '@forpost/shared/texts/class-names.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { RuleConfig } from '../../site/site.ts';
import type { Track } from '../../vision/messages.ts';
import { worded } from '../messages.ts';
import type { Evaluation, RuleChange, RuleContext, RuleKind } from '../rule.ts';
import { seconds, whenKey } from './common.ts';
import { Presence } from './presence.ts';
import { thingKeys, thingsInWords, zoneInWords, zoneKeys } from './things.ts';
import { meansInZone, zoneKind } from './zone-kind.ts';

const schema = Type.Object(
  {
    ...zoneKeys,
    ...thingKeys,
    clear_after_s: Type.Optional(seconds('how long the zone must be empty before the alarm ends', { default: 5 })),
    ...whenKey,
  },
  {
    additionalProperties: false,
    description: 'raised while a thing is in a zone',
  },
);

export type ZoneEnteredConfig = RuleConfig & Type.Static<typeof schema>;

interface State {
  readonly context: RuleContext;
  readonly camera: DeviceId;
  readonly presence: Presence;
  active: boolean;
  /** when the zone became empty, while the alarm is active; ms of the monotonic clock */
  emptySince: number | undefined;
  /** when the camera last sent something about the zone; ms of the monotonic clock */
  lastSeenAt: number;
}

const defaultClearAfterS = 5;
/** After a restart the camera needs this long to find the things in the zone again. */
const restoredClearAfterMs = 30_000;
/** A camera analyses a frame every few seconds even without motion; after so long without one, its tracks are lost. */
const forgottenAfterMs = 900_000;
const placeholders = ['camera', 'zone', 'class', 'score', 'inside'];

export const zoneEntered: RuleKind<ZoneEnteredConfig, State> = {
  kind: 'zone-entered',
  title: message('rule/kind.zone-entered'),
  category: 'intrusion',
  schema,
  ...zoneKind({
    subject: 'scene',
    placeholders,
    standingCounts: false,
    whyNot: ({ change }) => (change === 'entered' ? undefined : words('gateway/reason.tells-entering')),
  }),

  clause: (config, names) =>
    message('rule/clause.zone-entered', { ...zoneInWords(config, names), things: thingsInWords(config) }),

  initial(config, context, uptime) {
    const active = context.active.length > 0;
    const graceMs = Math.max(0, restoredClearAfterMs - clearAfterMs(config));
    const { camera, zone } = config;
    return {
      context,
      camera: asId<'device'>(camera),
      presence: new Presence({ zone, parked: false, means: meansInZone(config, context) }),
      active,
      emptySince: active ? uptime + graceMs : undefined,
      lastSeenAt: uptime,
    };
  },

  observe(config, state, observation, uptime) {
    const { presence } = state;
    if (observation.kind === 'scene-lost') {
      presence.clear();
      if (state.active) state.emptySince ??= uptime;
      return evaluation(config, state, []);
    }
    const { came, concernsZone } = presence.observe(observation, uptime);
    if (!concernsZone) return evaluation(config, state, []);
    state.lastSeenAt = uptime;
    const before = presence.count - came.length;
    const changes = came.map(({ track }, i) => {
      const change = state.active ? 'updated' : 'raised';
      state.active = true;
      return entered(config, state, change, track, before + i + 1, observation.time);
    });
    if (presence.count > 0) state.emptySince = undefined;
    else if (state.active) state.emptySince ??= uptime;
    return evaluation(config, state, changes);
  },

  wake(config, state, now, uptime) {
    if (!state.active) return evaluation(config, state, []);
    if (state.presence.count > 0 && uptime - state.lastSeenAt >= forgottenAfterMs) {
      state.presence.clear();
      state.emptySince = state.lastSeenAt;
    }
    if (state.emptySince === undefined || uptime - state.emptySince < clearAfterMs(config))
      return evaluation(config, state, []);
    state.active = false;
    state.emptySince = undefined;
    const { context, camera } = state;
    const place = { camera: context.nameOf(config.camera), zone: context.zoneNameOf(config.camera, config.zone) };
    const says = worded(context.words, undefined, {}, message('alarm/zone-entered.over', place));
    const cause = 'zone-entered';
    return evaluation(config, state, [
      { change: 'cleared', device: camera, subject: config.zone, ...says, cause, value: 0, time: now },
    ]);
  },
};

function entered(
  config: ZoneEnteredConfig,
  { context, camera }: State,
  change: 'raised' | 'updated',
  track: Track,
  inside: number,
  time: number,
): RuleChange {
  const fields = {
    camera: context.nameOf(config.camera),
    zone: context.zoneNameOf(config.camera, config.zone),
    class: track.class,
    score: track.best.toFixed(2),
    inside: String(inside),
  };
  const seen = { camera: fields.camera, zone: fields.zone, thing: classValue(track.class) };
  const sentence =
    inside > 1
      ? message('alarm/zone-entered.several', { ...seen, count: inside })
      : message('alarm/zone-entered.raised', seen);
  const says = worded(context.words, config.message, fields, sentence);
  return { change, device: camera, subject: config.zone, ...says, cause: 'zone-entered', value: inside, time };
}

function clearAfterMs(config: ZoneEnteredConfig): number {
  return (config.clear_after_s ?? defaultClearAfterS) * 1000;
}

function evaluation(config: ZoneEnteredConfig, state: State, changes: readonly RuleChange[]): Evaluation<State> {
  if (!state.active) return { state, changes };
  const wakeAt =
    state.emptySince === undefined ? state.lastSeenAt + forgottenAfterMs : state.emptySince + clearAfterMs(config);
  return { state, changes, wakeAt };
}
