/**
 * The rule kind `tamper`: a camera is covered, blurred, turned or dead. One alarm for each camera and kind of tampering.
 *
 *   fine ── covered, blurred, moved ──► active ── the camera's view is back ──► fine
 *   fine ── no pictures, for stalled_after_s ──► active (stalled) ── a picture ──► fine
 *
 * Always: raised and cleared alternate; a camera that reconnects within `stalled_after_s` raises nothing. A camera
 * without a picture within `startGraceMs` of the gateway's start is stalled: it may be missing since the night before.
 */

import { withSuggestion } from '@forpost/shared/config/nearest.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { RuleConfig } from '../../site/site.ts';
import { type Tamper, tampers } from '../../vision/messages.ts';
import { checkMessage, worded } from '../messages.ts';
import type { Evaluation, RuleChange, RuleContext, RuleKind, RuleProblem } from '../rule.ts';
import { seconds } from './common.ts';

const schema = Type.Object(
  {
    cameras: Type.Array(Type.String(), {
      description: 'ids of the cameras; an empty list: no alarm of this kind',
      'x-field': 'cameras',
    }),
    tampers: Type.Optional(
      Type.Array(Type.Union(tampers.map((tamper) => Type.Literal(tamper))), {
        minItems: 1,
        description: 'kinds of tampering that raise the alarm',
        'x-default': 'all',
      }),
    ),
    stalled_after_s: Type.Optional(seconds('how long the camera may send no picture', { default: 10 })),
  },
  {
    additionalProperties: false,
    description:
      'raised while a camera is covered, turned, blurred or dead; a site without such a rule gets one for all cameras',
  },
);

export type TamperConfig = RuleConfig & Type.Static<typeof schema>;

/** Times in ms of the monotonic clock. */
interface Watched {
  readonly active: Set<Tamper>;
  /** begin and reason of a gap in the pictures, while it has not raised the alarm */
  missing: { since: number; reason: string } | undefined;
}

interface State {
  readonly context: RuleContext;
  readonly cameras: Map<DeviceId, Watched>;
}

const defaultStalledAfterS = 10;
/** A gateway that boots with its cameras waits for the slowest of them. */
const startGraceMs = 60_000;
const placeholders = ['camera', 'tamper', 'reason'];
const inWords = {
  stalled: 'rule/tamper.stalled',
  covered: 'rule/tamper.covered',
  blurred: 'rule/tamper.blurred',
  moved: 'rule/tamper.moved',
} as const;
const happened = {
  stalled: 'alarm/tamper.stalled',
  covered: 'alarm/tamper.covered',
  blurred: 'alarm/tamper.blurred',
  moved: 'alarm/tamper.moved',
} as const;

export const tamper: RuleKind<TamperConfig, State> = {
  kind: 'tamper',
  title: message('rule/kind.tamper'),
  category: 'tamper',
  schema,
  placeholders,
  observesLate: false,
  rehearsal: 'partly',

  check({ cameras, message: own }, references) {
    const ids = references.cameras.map(({ id }): string => id);
    const unknown = cameras.flatMap((id, index): RuleProblem[] =>
      ids.includes(id)
        ? []
        : [
            {
              path: ['cameras', index],
              message: withSuggestion(words('mistake/rule.unknown-camera', { id }), id, ids),
            },
          ],
    );
    return [...unknown, ...checkMessage(own, placeholders)];
  },

  clause({ cameras, tampers: meant = tampers }, names) {
    if (cameras.length === 0) return message('rule/clause.tamper-none');
    return message('rule/clause.tamper', {
      cameras: { list: cameras.map((camera) => names.nameOf(camera)) },
      tampers: { list: meant.map((tamper) => message(inWords[tamper])) },
    });
  },

  covers: (config, _devices, { device, subject }) =>
    config.cameras.includes(device) && wanted(config).some((known) => known === subject),

  concerns: (config, device) => config.cameras.includes(device),

  whyNot: () => words('gateway/reason.watches-camera'),

  // a covered, turned or dead camera raises an alarm even if the installer wrote no rule for it
  standard: (cameras) =>
    cameras.length === 0 ? undefined : { id: 'camera-tamper', kind: 'tamper', cameras: cameras.map(({ id }) => id) },

  initial(config, context, uptime) {
    const cameras = new Map<DeviceId, Watched>();
    for (const id of config.cameras as DeviceId[]) {
      const active = context.active.filter(({ device }) => device === id).map(({ subject }) => subject as Tamper);
      const patience = Math.max(0, startGraceMs - stalledAfterMs(config));
      cameras.set(id, {
        active: new Set(active),
        missing: active.includes('stalled') ? undefined : { since: uptime + patience, reason: 'since the start' },
      });
    }
    return { context, cameras };
  },

  carry({ config, state, context, uptime }) {
    const begun = tamper.initial(config, context, uptime).cameras;
    const cameras = new Map<DeviceId, Watched>();
    for (const [id, fresh] of begun) {
      const known = state.cameras.get(id);
      // kinds that the rule no longer names are over: a live camera does not report their end again
      const active = new Set([...(known?.active ?? [])].filter((one) => wanted(config).includes(one)));
      cameras.set(id, known === undefined ? fresh : { active, missing: known.missing });
    }
    return { context, cameras };
  },

  observe(config, state, observation, uptime) {
    const watched = state.cameras.get(observation.device);
    if (watched === undefined || observation.kind !== 'tamper') return evaluation(config, state, []);
    const { device, tamper: which, active, reason, time } = observation;
    if (!wanted(config).includes(which)) return evaluation(config, state, []);
    if (which === 'stalled') {
      const known = watched.missing ?? { since: uptime, reason };
      watched.missing = active && !watched.active.has('stalled') ? { ...known, reason } : undefined;
      if (active) return evaluation(config, state, []);
    }
    if (active === watched.active.has(which)) return evaluation(config, state, []);
    if (active) watched.active.add(which);
    else watched.active.delete(which);
    return evaluation(config, state, [changeOf(config, state, device, which, active, reason, time)]);
  },

  wake(config, state, now, uptime) {
    const changes: RuleChange[] = [];
    for (const [device, watched] of state.cameras) {
      const { missing } = watched;
      if (missing === undefined || uptime - missing.since < stalledAfterMs(config)) continue;
      watched.missing = undefined;
      if (!wanted(config).includes('stalled')) continue;
      watched.active.add('stalled');
      changes.push(changeOf(config, state, device, 'stalled', true, missing.reason, now));
    }
    return evaluation(config, state, changes);
  },
};

function wanted({ tampers: some }: TamperConfig): readonly Tamper[] {
  return some ?? tampers;
}

function stalledAfterMs(config: TamperConfig): number {
  return (config.stalled_after_s ?? defaultStalledAfterS) * 1000;
}

function changeOf(
  config: TamperConfig,
  { context }: State,
  device: DeviceId,
  which: Tamper,
  active: boolean,
  reason: string,
  time: number,
): RuleChange {
  const camera = context.nameOf(device);
  const { words } = context;
  const key = happened[which];
  const did = message(key);
  const raised =
    reason === ''
      ? message('alarm/tamper.raised', { camera, tamper: did })
      : message('alarm/tamper.raised-because', { camera, tamper: did, reason: recognise(reason) ?? reason });
  const over =
    which === 'stalled' ? message('alarm/tamper.stalled-over', { camera }) : message('alarm/tamper.over', { camera });
  const fields = { camera, tamper: words.say(did, key), reason };
  return {
    change: active ? 'raised' : 'cleared',
    device,
    subject: which,
    ...(active ? worded(words, config.message, fields, raised) : worded(words, undefined, fields, over)),
    cause: which,
    time,
  };
}

function evaluation(config: TamperConfig, state: State, changes: readonly RuleChange[]): Evaluation<State> {
  const due = [...state.cameras.values()].flatMap(({ missing }) =>
    missing === undefined ? [] : [missing.since + stalledAfterMs(config)],
  );
  return due.length === 0 ? { state, changes } : { state, changes, wakeAt: Math.min(...due) };
}
