/**
 * Somebody or something in a zone of a camera's picture: one alarm while the zone is occupied, counted up with each
 * one that enters.
 *
 *   empty ── one enters, and `when` ──► occupied (active) ── the last left, for clear_after_s ──► empty
 *                                          └── another enters: updated
 *
 * Always: raised and cleared take turns; a zone whose camera lost its tracks, or from which nothing was heard for
 * `forgottenAfterMs`, becomes empty, because nobody will say who left it.
 */
import { suggestion } from '@forpost/shared/config/nearest.ts';
import { asId, type DeviceId } from '@forpost/shared/event/ids.ts';
import Type from 'typebox';
import type { RuleConfig } from '../../site/site.ts';
import type { Condition } from '../cel.ts';
import { checkMessage, fill } from '../messages.ts';
import type { Evaluation, Observation, RuleChange, RuleContext, RuleKind, RuleProblem } from '../rule.ts';
import { checkWhen, compileWhen, seconds, whenKey } from './common.ts';

const schema = Type.Object(
  {
    camera: Type.String({ description: 'id of a camera' }),
    zone: Type.String({ description: 'id of one of its zones' }),
    classes: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: 'default: all' })),
    min_score: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    clear_after_s: Type.Optional(seconds('how long the zone must be empty; default 5')),
    ...whenKey,
  },
  { additionalProperties: false },
);

export type ZoneEnteredConfig = RuleConfig & Type.Static<typeof schema>;

interface State {
  readonly context: RuleContext;
  readonly camera: DeviceId;
  readonly when: Condition | undefined;
  readonly inside: Set<number>;
  active: boolean;
  /** when it became empty, while it is active and empty; ms of the monotonic clock */
  emptySince: number | undefined;
  /** when anybody last entered or left */
  heard: number;
}

const defaultClearAfterS = 5;
/** After a restart the camera needs this long to see again who is there. */
const restoredClearAfterMs = 30_000;
/** Nobody stands in a zone this long without any change; somebody's leaving was missed. */
const forgottenAfterMs = 900_000;
/** Tracks in one zone at once; a crowd beyond it is one alarm all the same. */
const mostInside = 1000;
const placeholders = ['camera', 'zone', 'class', 'score', 'inside'];

export const zoneEntered: RuleKind<ZoneEnteredConfig, State> = {
  kind: 'zone-entered',
  category: 'intrusion',
  schema,
  takesLate: false,

  check(config, { cameras }) {
    const problems: RuleProblem[] = [];
    const camera = cameras.find(({ id }) => id === config.camera);
    if (camera === undefined) {
      const ids = cameras.map(({ id }) => id);
      const hint = ids.length === 0 ? '; this site has no cameras' : suggestion(config.camera, ids);
      problems.push({ path: ['camera'], message: `there is no camera "${config.camera}"${hint}` });
    } else if (camera.zones?.every(({ id }) => id !== config.zone) ?? true) {
      const ids = (camera.zones ?? []).map(({ id }) => id);
      const hint = ids.length === 0 ? '; it has no zones' : suggestion(config.zone, ids);
      problems.push({ path: ['zone'], message: `camera "${camera.id}" has no zone "${config.zone}"${hint}` });
    }
    return [...problems, ...checkWhen(config.when, 'scene'), ...checkMessage(config.message, placeholders)];
  },

  covers: (config, _devices, { device, subject }) => config.camera === device && config.zone === subject,

  concerns: (config, device) => config.camera === device,

  initial(config, context, uptime) {
    const active = context.active.length > 0;
    const graceMs = Math.max(0, restoredClearAfterMs - clearAfterMs(config));
    return {
      context,
      camera: asId<'device'>(config.camera),
      when: compileWhen(config.when, 'scene', context),
      inside: new Set<number>(),
      active,
      emptySince: active ? uptime + graceMs : undefined,
      heard: uptime,
    };
  },

  observe(config, state, observation, uptime) {
    if (observation.device !== config.camera) return evaluation(config, state, []);
    if (observation.kind === 'scene-lost') {
      state.inside.clear();
      if (state.active) state.emptySince ??= uptime;
      return evaluation(config, state, []);
    }
    if (observation.kind !== 'scene' || observation.change.change === 'crossed') return evaluation(config, state, []);
    const { change, track, zone } = observation.change;
    if (zone !== config.zone) return evaluation(config, state, []);
    if (change === 'left') {
      if (state.inside.delete(track.id)) {
        state.heard = uptime;
        if (state.active && state.inside.size === 0) state.emptySince = uptime;
      }
      return evaluation(config, state, []);
    }
    if (state.inside.has(track.id) || state.inside.size >= mostInside || !counts(config, state, observation))
      return evaluation(config, state, []);
    state.inside.add(track.id);
    state.heard = uptime;
    state.emptySince = undefined;
    const kind = state.active ? 'updated' : 'raised';
    state.active = true;
    return evaluation(config, state, [entered(config, state, kind, observation)]);
  },

  wake(config, state, now, uptime) {
    if (!state.active) return evaluation(config, state, []);
    if (state.inside.size > 0 && uptime - state.heard >= forgottenAfterMs) {
      state.inside.clear();
      state.emptySince = state.heard;
    }
    if (state.emptySince === undefined || uptime - state.emptySince < clearAfterMs(config))
      return evaluation(config, state, []);
    state.active = false;
    state.emptySince = undefined;
    const { context } = state;
    const message = `${context.nameOf(config.camera)}: ${context.zoneNameOf(config.camera, config.zone)} is empty again`;
    return evaluation(config, state, [
      {
        change: 'cleared',
        device: state.camera,
        subject: config.zone,
        message,
        cause: 'zone-entered',
        value: 0,
        time: now,
      },
    ]);
  },
};

type SceneObservation = Extract<Observation, { kind: 'scene' }>;

function counts(config: ZoneEnteredConfig, state: State, observation: SceneObservation): boolean {
  const { track } = observation.change;
  const { zone } = config;
  if (config.classes !== undefined && !config.classes.includes(track.class)) return false;
  if (track.score < (config.min_score ?? 0)) return false;
  return (
    state.when?.holds({
      now: observation.received,
      device: observation.device,
      zone,
      class: track.class,
      score: track.score,
      track: track.id,
    }) ?? true
  );
}

function entered(
  config: ZoneEnteredConfig,
  state: State,
  change: 'raised' | 'updated',
  observation: SceneObservation,
): RuleChange {
  const { track } = observation.change;
  const fields = {
    camera: state.context.nameOf(config.camera),
    zone: state.context.zoneNameOf(config.camera, config.zone),
    class: track.class,
    score: track.score.toFixed(2),
    inside: String(state.inside.size),
  };
  const more = state.inside.size > 1 ? ` (${fields.inside} inside)` : '';
  const message =
    config.message === undefined
      ? `${fields.camera}: ${fields.class} in ${fields.zone}${more}`
      : fill(config.message, fields);
  return {
    change,
    device: observation.device,
    subject: config.zone,
    message,
    cause: 'zone-entered',
    value: state.inside.size,
    time: observation.time,
  };
}

function clearAfterMs(config: ZoneEnteredConfig): number {
  return (config.clear_after_s ?? defaultClearAfterS) * 1000;
}

function evaluation(config: ZoneEnteredConfig, state: State, changes: readonly RuleChange[]): Evaluation<State> {
  if (!state.active) return { state, changes };
  const wakeAt =
    state.emptySince === undefined ? state.heard + forgottenAfterMs : state.emptySince + clearAfterMs(config);
  return { state, changes, wakeAt };
}
