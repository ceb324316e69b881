/**
 * The rule kind `line-crossed`: a thing crosses a line of a camera's picture, either way or in one `direction`: to the
 * left or right of an upright line, up or down over a level one, as the picture shows it. The first crossing raises the
 * alarm, each further one updates it; it clears when nothing crossed for `clear_after_s`.
 *
 * Always: a crossing changes the alarm once; `when` is evaluated at the moment of crossing. The crossing of a thing that
 * the rule does not mean yet waits until it does, and is dropped with the track.
 */
import { asId, type DeviceId } from '@forpost/shared/event/ids.ts';
import { classValue } from '@forpost/shared/texts/class-names.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { RuleConfig } from '../../site/site.ts';
import { sidesOf } from '../../vision/geometry.ts';
import type { LineSide, Track } from '../../vision/messages.ts';
import type { Condition } from '../cel.ts';
import { checkMessage, worded } from '../messages.ts';
import type {
  Evaluation,
  Observation,
  RuleChange,
  RuleContext,
  RuleKind,
  RuleProblem,
  RuleReferences,
} from '../rule.ts';
import { checkWhen, compileWhen, seconds, whenKey } from './common.ts';
import { MomentaryAlarm } from './momentary-alarm.ts';
import {
  cameraKey,
  cameraNamed,
  checkPlace,
  checkThings,
  factsOf,
  means,
  notMeant,
  notThere,
  thingKeys,
  thingsInWords,
} from './things.ts';

const schema = Type.Object(
  {
    ...cameraKey,
    line: Type.String({ description: 'id of a line of the camera', 'x-field': 'line' }),
    direction: Type.Optional(
      Type.Union([Type.Literal('left'), Type.Literal('right'), Type.Literal('up'), Type.Literal('down')], {
        description:
          'side to which the thing crosses, as the picture shows it: left or right of an upright line, up or down over a level one',
        'x-default': 'either',
      }),
    ),
    ...thingKeys,
    clear_after_s: Type.Optional(seconds('time after the last crossing until the alarm ends', { default: 10 })),
    ...whenKey,
  },
  {
    additionalProperties: false,
    description: 'raised when a thing crosses a line',
  },
);

export type LineCrossedConfig = RuleConfig & Type.Static<typeof schema>;

interface State {
  readonly context: RuleContext;
  readonly camera: DeviceId;
  readonly when: Condition | undefined;
  readonly alarm: MomentaryAlarm;
  /** crossings of things that the rule does not mean yet: the side to which they crossed, by track */
  readonly unconfirmed: Map<number, LineSide>;
}

const defaultClearAfterS = 10;
/** The most crossings that wait for confirmation; further ones are noise, and dropped. */
const mostUnconfirmed = 64;
const placeholders = ['camera', 'line', 'direction', 'class', 'score'];
const cause = 'line-crossed';

export const lineCrossed: RuleKind<LineCrossedConfig, State> = {
  kind: 'line-crossed',
  title: message('rule/kind.line-crossed'),
  category: 'intrusion',
  schema,
  placeholders,
  conditionOn: 'crossing',
  observesLate: false,
  rehearsal: 'pictures',

  check: (config, references) => [
    ...checkPlace(config, references.cameras),
    ...checkDirection(config, references),
    ...checkThings(config, cameraNamed(references.cameras, config.camera)),
    ...checkWhen(config.when, 'crossing'),
    ...checkMessage(config.message, placeholders),
  ],

  clause(config, names) {
    const { camera, line, direction } = config;
    const about = { things: thingsInWords(config), camera: names.nameOf(camera), line: names.lineNameOf(camera, line) };
    return message(direction === undefined ? 'rule/clause.line-crossed' : clauses[direction], about);
  },

  covers: (config, _devices, { device, subject }) => config.camera === device && config.line === subject,

  concerns: (config, device) => config.camera === device,

  whyNot(config, camera, change) {
    const why = notThere(config, camera, change) ?? notMeant(config, change.track, true);
    if (why !== undefined || change.change !== 'crossed') return why;
    if (config.direction === undefined || config.direction === change.to) return undefined;
    return words(otherWay[config.direction]);
  },

  initial: (config, context, uptime) => ({
    context,
    camera: asId<'device'>(config.camera),
    when: compileWhen(config.when, 'crossing', context),
    alarm: new MomentaryAlarm((config.clear_after_s ?? defaultClearAfterS) * 1000, context.active.length > 0, uptime),
    unconfirmed: new Map(),
  }),

  observe(config, state, observation, uptime) {
    const { unconfirmed } = state;
    const changes: RuleChange[] = [];
    const report = (track: Track, to: LineSide) =>
      changes.push(crossed(config, state, track, to, state.alarm.happened(uptime), observation.time));
    if (observation.kind === 'scene-lost') unconfirmed.clear();
    else if (observation.kind === 'scene') {
      const { change } = observation;
      if (change.change !== 'crossed' || change.line !== config.line) return evaluation(state, []);
      const { track, to } = change;
      unconfirmed.delete(track.id);
      if ((config.direction ?? to) === to && holds(config, state, track, to, observation)) {
        if (means(config, track)) report(track, to);
        else if (unconfirmed.size < mostUnconfirmed) unconfirmed.set(track.id, to);
      }
    } else if (observation.kind === 'frame')
      for (const [id, to] of unconfirmed) {
        const track = observation.tracks.find((one) => one.id === id);
        if (track !== undefined && !means(config, track)) continue;
        unconfirmed.delete(id);
        if (track !== undefined) report(track, to);
      }
    return evaluation(state, changes);
  },

  wake(config, state, now, uptime) {
    if (!state.alarm.ends(uptime)) return evaluation(state, []);
    const { context, camera } = state;
    const line = context.lineNameOf(config.camera, config.line);
    const over = message('alarm/line-crossed.over', { camera: context.nameOf(config.camera), line });
    const says = worded(context.words, undefined, {}, over);
    return evaluation(state, [
      { change: 'cleared', device: camera, subject: config.line, ...says, cause, value: 0, time: now },
    ]);
  },
};

function checkDirection(config: LineCrossedConfig, { cameras }: RuleReferences): readonly RuleProblem[] {
  const line = cameraNamed(cameras, config.camera)?.lines?.find(({ id }) => id === config.line);
  if (line === undefined || config.direction === undefined) return [];
  const { positive, negative } = sidesOf(...line.points);
  if (config.direction === positive || config.direction === negative) return [];
  const about = { line: line.id, direction: config.direction };
  const isUpright = positive === 'left' || positive === 'right';
  const sentence = isUpright ? words('gateway/answer.line-upright', about) : words('gateway/answer.line-level', about);
  return [{ path: ['direction'], message: sentence }];
}

function holds(config: LineCrossedConfig, state: State, track: Track, to: LineSide, observation: Observation): boolean {
  const { camera, line } = config;
  return state.when?.holds({ now: observation.received, device: camera, line, to, ...factsOf(track) }) ?? true;
}

const otherWay = {
  left: 'gateway/reason.other-way-left',
  right: 'gateway/reason.other-way-right',
  up: 'gateway/reason.other-way-up',
  down: 'gateway/reason.other-way-down',
} as const;

const clauses = {
  left: 'rule/clause.line-left',
  right: 'rule/clause.line-right',
  up: 'rule/clause.line-up',
  down: 'rule/clause.line-down',
} as const;

const ways = {
  left: 'alarm/line-crossed.left',
  right: 'alarm/line-crossed.right',
  up: 'alarm/line-crossed.up',
  down: 'alarm/line-crossed.down',
} as const;

function crossed(
  config: LineCrossedConfig,
  { context, camera }: State,
  track: Track,
  to: LineSide,
  change: 'raised' | 'updated',
  time: number,
): RuleChange {
  const fields = {
    camera: context.nameOf(config.camera),
    line: context.lineNameOf(config.camera, config.line),
    direction: to,
    class: track.class,
    score: track.best.toFixed(2),
  };
  const seen = { camera: fields.camera, thing: classValue(track.class), line: fields.line };
  const says = worded(context.words, config.message, fields, message(ways[to], seen));
  return { change, device: camera, subject: config.line, ...says, cause, value: to, time };
}

function evaluation(state: State, changes: readonly RuleChange[]): Evaluation<State> {
  const { wakeAt } = state.alarm;
  return wakeAt === undefined ? { state, changes } : { state, changes, wakeAt };
}
