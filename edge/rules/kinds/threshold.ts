/**
 * The rule kind `threshold`: a metric beyond a limit. Hysteresis keeps a value that trembles around the limit from
 * raising repeatedly. The hold time ignores short peaks; it ends by the clock, even without a further reading.
 *
 *   inactive ── beyond the limit, and `when` ──► pending ── for hold_s ──► active ── at `clear`, or not `when` ──► inactive
 *                                                  └── not beyond ──► inactive
 *
 * Always: raised and cleared of one subject alternate; a reading without the metric changes nothing. Without `channel`,
 * each channel of a device is a subject of its own.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Uptime } from '@forpost/shared/clock.ts';
import type { Value } from '@forpost/shared/event/event.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import { isMetric, misspeltMetric } from '../../devices/metrics.ts';
import type { RuleConfig } from '../../site/site.ts';
import type { Condition } from '../cel.ts';
import { checkMessage, worded } from '../messages.ts';
import type { Evaluation, Observation, RuleChange, RuleContext, RuleKind, RuleProblem } from '../rule.ts';
import {
  checkDevices,
  checkWhen,
  compileWhen,
  coversDevice,
  deviceKeys,
  devicesInWords,
  seconds,
  whenKey,
} from './common.ts';
import { cannotReach } from './threshold-reach.ts';

const schema = Type.Object(
  {
    ...deviceKeys,
    channel: Type.Optional(
      Type.String({
        description: 'channel of the device',
        'x-default': 'each channel has an alarm of its own',
        'x-field': 'channel',
      }),
    ),
    metric: Type.String({
      description: 'metric that is compared with the limit, such as power_w',
      'x-field': 'metric',
    }),
    above: Type.Optional(
      Type.Number({ description: 'the alarm is raised above this value; instead of below', 'x-unit': 'of the metric' }),
    ),
    below: Type.Optional(
      Type.Number({
        description: 'the alarm is raised below this value; instead of above',
        'x-unit': 'of the metric',
        'x-instead': 'above',
      }),
    ),
    clear: Type.Optional(
      Type.Number({
        description: 'value at which the alarm ends (hysteresis)',
        'x-unit': 'of the metric',
        'x-default': 'the value of above or below',
      }),
    ),
    hold_s: Type.Optional(seconds('how long the value must stay beyond the limit', { default: 0 })),
    ...whenKey,
  },
  {
    additionalProperties: false,
    description: 'raised while a metric is above or below a limit',
  },
);

export type ThresholdConfig = RuleConfig & Type.Static<typeof schema>;

/** The phase of one subject; absent = inactive. `since` in ms of the monotonic clock. */
export type Phase =
  | { readonly phase: 'pending'; readonly since: number; readonly value: number; readonly peak?: number }
  /** `peak`: the value furthest beyond the limit; absent until the first reading after a restart */
  | { readonly phase: 'active'; readonly peak?: number };

interface State {
  readonly context: RuleContext;
  readonly when: Condition | undefined;
  readonly subjects: Map<DeviceId, Map<string, Phase>>;
}

/** Subjects of one device with a phase at once: a device that invents ever new channels cannot fill the memory. */
const mostSubjects = 64;
const placeholders = ['device', 'channel', 'metric', 'value', 'limit', 'seconds'];

/** One step of one subject, pure: its next phase, and the change of its alarm. */
export function step(
  config: Pick<ThresholdConfig, 'above' | 'below' | 'clear' | 'hold_s'>,
  before: Phase | undefined,
  value: number,
  condition: boolean,
  uptime: Uptime,
): { readonly phase: Phase | undefined; readonly change?: 'raised' | 'cleared' } {
  const beyond = condition && isBeyond(config, value);
  if (before?.phase === 'active')
    return condition && !isClear(config, value) ? { phase: before } : { phase: undefined, change: 'cleared' };
  if (!beyond) return { phase: undefined };
  const since = before?.since ?? uptime;
  if (uptime - since >= holdMs(config)) return { phase: { phase: 'active' }, change: 'raised' };
  return { phase: { phase: 'pending', since, value } };
}

function isBeyond(config: Pick<ThresholdConfig, 'above' | 'below'>, value: number): boolean {
  return (config.above !== undefined && value > config.above) || (config.below !== undefined && value < config.below);
}

function isClear(config: Pick<ThresholdConfig, 'above' | 'below' | 'clear'>, value: number): boolean {
  return config.above !== undefined
    ? value <= (config.clear ?? config.above)
    : value >= (config.clear ?? config.below ?? Number.NEGATIVE_INFINITY);
}

function holdMs(config: Pick<ThresholdConfig, 'hold_s'>): number {
  return (config.hold_s ?? 0) * 1000;
}

export const threshold: RuleKind<ThresholdConfig, State> = {
  kind: 'threshold',
  title: message('rule/kind.threshold'),
  category: 'measurement',
  schema,
  placeholders,
  conditionOn: 'reading',
  observesLate: false,

  check(config, { devices }) {
    const problems: RuleProblem[] = [...checkDevices(config, devices), ...checkWhen(config.when, 'reading')];
    const { above, below, clear, metric } = config;
    const meant = misspeltMetric(metric);
    if (!isMetric(metric)) problems.push({ path: ['metric'], message: words('mistake/metric.wrong', { metric }) });
    else if (meant !== undefined)
      problems.push({ path: ['metric'], message: words('mistake/metric.unknown', { metric, name: meant }) });
    if ((above === undefined) === (below === undefined))
      problems.push({ path: [], message: words('mistake/rule.above-or-below') });
    else if (clear !== undefined && above !== undefined && clear > above)
      problems.push({
        path: ['clear'],
        message: words('mistake/rule.clear-above', { limit: String(above) }),
      });
    else if (clear !== undefined && below !== undefined && clear < below)
      problems.push({
        path: ['clear'],
        message: words('mistake/rule.clear-below', { limit: String(below) }),
      });
    return [...problems, ...checkMessage(config.message, placeholders)];
  },

  clause({ above, below, hold_s: hold = 0, metric, channel, ...config }, names) {
    const about = {
      metric: { metric },
      devices: devicesInWords(config, names, channel),
      limit: { metric, value: above ?? below ?? 0 },
      duration: { seconds: hold },
    };
    if (above !== undefined) return message(hold > 0 ? 'rule/clause.above-for' : 'rule/clause.above', about);
    return message(hold > 0 ? 'rule/clause.below-for' : 'rule/clause.below', about);
  },

  covers: (config, devices, { device, subject }) =>
    coversDevice(config, device) &&
    devices.includes(device) &&
    (config.channel === undefined || config.channel === subject),

  concerns: coversDevice,

  cannotFire: cannotReach,

  initial(config, context) {
    const subjects = new Map<DeviceId, Map<string, Phase>>();
    for (const { device, subject, peak } of context.active) {
      const phases = subjects.get(device) ?? new Map<string, Phase>();
      subjects.set(device, phases.set(subject, { phase: 'active', ...(typeof peak === 'number' ? { peak } : {}) }));
    }
    return { context, when: compileWhen(config.when, 'reading', context), subjects };
  },

  carry({ before, config, state, context }) {
    const { above, below, channel, metric } = config;
    const isSameLimit = isDeepStrictEqual(
      { above, below, channel, metric },
      { above: before.above, below: before.below, channel: before.channel, metric: before.metric },
    );
    const subjects = new Map<DeviceId, Map<string, Phase>>();
    // under another limit or metric only the alarms stay: the next reading decides whether they end
    const kept = isSameLimit ? state.subjects : threshold.initial(config, context, 0 as Uptime).subjects;
    const present = new Set(kept.size === 0 ? [] : context.devices);
    for (const [device, phases] of kept)
      if (present.has(device) && coversDevice(config, device)) subjects.set(device, phases);
    return { context, when: compileWhen(config.when, 'reading', context), subjects };
  },

  observe(config, state, observation, uptime) {
    const value = measured(config, observation);
    if (observation.kind !== 'reading' || value === undefined) return evaluation(config, state, []);
    const { device, time } = observation;
    const subject = observation.channel ?? '';
    const known = state.subjects.get(device);
    const before = known?.get(subject);
    // nearly all readings are within the limit, as the ones before
    if (before === undefined && !isBeyond(config, value)) return evaluation(config, state, []);
    const phases = known ?? new Map<string, Phase>();
    // the condition of a pending subject that is within the limit again does not matter
    const asked = before?.phase === 'active' || isBeyond(config, value);
    const facts = {
      now: observation.received,
      device,
      channel: subject,
      metric: config.metric,
      value,
      values: observation.values,
    };
    const condition = !asked || (state.when?.holds(facts) ?? true);
    const { phase, change } = step(config, before, value, condition, uptime);
    const peak = worst(config, before?.peak, value);
    if (phase === undefined) phases.delete(subject);
    else if (phases.has(subject) || phases.size < mostSubjects) phases.set(subject, { ...phase, peak });
    else {
      const problem = words('gateway/problem.rule-channels', { device, count: mostSubjects });
      return { ...evaluation(config, state, []), problem };
    }
    if (phases.size === 0) state.subjects.delete(device);
    else state.subjects.set(device, phases);
    const reported =
      change ??
      (before?.phase === 'active' && before.peak !== undefined && peak !== before.peak ? 'reached' : undefined);
    const changes =
      reported === undefined
        ? []
        : [described(config, state.context, { change: reported, device, subject, value, peak, time, condition })];
    return evaluation(config, state, changes);
  },

  wake(config, state, now, uptime) {
    const changes: RuleChange[] = [];
    for (const [device, phases] of state.subjects)
      for (const [subject, phase] of phases) {
        if (phase.phase !== 'pending' || uptime - phase.since < holdMs(config)) continue;
        const { value, peak = value } = phase;
        phases.set(subject, { phase: 'active', peak });
        const raised = { change: 'raised', device, subject, value, peak, time: now, condition: true } as const;
        changes.push(described(config, state.context, raised));
      }
    return evaluation(config, state, changes);
  },
};

/** The value further beyond the limit. */
function worst({ above }: Pick<ThresholdConfig, 'above'>, before: number | undefined, value: number): number {
  if (before === undefined) return value;
  return above === undefined ? Math.min(before, value) : Math.max(before, value);
}

function measured(config: ThresholdConfig, observation: Observation): number | undefined {
  if (observation.kind !== 'reading' || !coversDevice(config, observation.device)) return undefined;
  if (config.channel !== undefined && observation.channel !== config.channel) return undefined;
  if (observation.quality !== undefined && observation.quality !== 'estimated') return undefined;
  const value: Value | undefined = Object.hasOwn(observation.values, config.metric)
    ? observation.values[config.metric]
    : undefined;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'number' ? value : undefined;
}

function evaluation(config: ThresholdConfig, state: State, changes: readonly RuleChange[]): Evaluation<State> {
  let wakeAt: number | undefined;
  for (const phases of state.subjects.values())
    for (const phase of phases.values())
      if (phase.phase === 'pending')
        wakeAt = Math.min(wakeAt ?? Number.POSITIVE_INFINITY, phase.since + holdMs(config));
  return wakeAt === undefined ? { state, changes } : { state, changes, wakeAt };
}

/** A change of one subject, before it has its words. */
interface SubjectChange {
  readonly change: 'raised' | 'reached' | 'cleared';
  readonly device: DeviceId;
  readonly subject: string;
  readonly value: number;
  readonly peak: number;
  readonly time: number;
  /** whether `when` holds */
  readonly condition: boolean;
}

function described(config: ThresholdConfig, context: RuleContext, subjectChange: SubjectChange): RuleChange {
  const { change, device, subject, value, peak, time, condition } = subjectChange;
  const { message: own, metric, hold_s: hold = 0 } = config;
  const { formats } = context.words;
  const limit = config.above ?? config.below ?? 0;
  const called = context.nameOf(device);
  // formatting these texts takes time, and only the rule's own message needs them
  const fieldsWith = (shown: number): Readonly<Record<string, string>> =>
    own === undefined
      ? {}
      : {
          device: called,
          channel: subject,
          metric: formats.quantity(metric),
          value: formats.reading(metric, shown),
          limit: formats.reading(metric, limit),
          seconds: formats.span(hold),
        };
  const named = subject === '' ? called : message('alarm/channel', { device: called, channel: subject });
  const values = {
    device: named,
    metric: { metric },
    value: { metric, value },
    limit: { metric, value: limit },
    duration: { seconds: hold },
  };
  if (change === 'raised') {
    // the value of the message is the worst one so far, so the message is the summary too
    const says = worded(context.words, own, fieldsWith(value), raised(config, values));
    return { change, device, subject, ...says, cause: metric, value, peak, time };
  }
  const about = worded(
    context.words,
    own,
    fieldsWith(peak),
    message(config.above === undefined ? 'alarm/threshold.fell-to' : 'alarm/threshold.reached', {
      device: named,
      metric: values.metric,
      limit: values.limit,
      value: { metric, value: peak },
    }),
  );
  const summary = { summary: about.message, ...(about.messageI18n && { summaryI18n: about.messageI18n }) };
  const says = change === 'reached' ? about : worded(context.words, undefined, {}, cleared(config, condition, values));
  return { change, device, subject, ...says, cause: metric, value, peak, time, ...summary };
}

interface Measured {
  readonly device: string | Message;
  readonly metric: { readonly metric: string };
  readonly value: { readonly metric: string; readonly value: number };
  readonly limit: { readonly metric: string; readonly value: number };
  readonly duration: { readonly seconds: number };
}

function raised(config: ThresholdConfig, values: Measured): Message {
  if (holdMs(config) === 0)
    return message(config.above === undefined ? 'alarm/threshold.below' : 'alarm/threshold.above', values);
  return message(config.above === undefined ? 'alarm/threshold.below-for' : 'alarm/threshold.above-for', values);
}

/** `condition`: whether the rule's `when` holds. */
function cleared({ above }: ThresholdConfig, condition: boolean, values: Measured): Message {
  if (!condition) return message('alarm/threshold.condition-over', values);
  return message(above === undefined ? 'alarm/threshold.no-longer-below' : 'alarm/threshold.no-longer-above', values);
}
