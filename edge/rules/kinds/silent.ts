/**
 * The rule kind `silent`: a device sends nothing for too long. Every message counts, also a late reading or a message
 * that was not understood.
 *
 *   heard ── no message for after_s, and `when` ──► silent (active) ── any message ──► heard
 *
 * Always: at a start, the time of every device begins anew, so that a restart raises nothing; a condition that does not
 * hold is evaluated again each minute.
 */
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { RuleConfig } from '../../site/site.ts';
import type { Condition } from '../cel.ts';
import { checkMessage, worded } from '../messages.ts';
import type { Evaluation, RuleChange, RuleContext, RuleKind } from '../rule.ts';
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

const schema = Type.Object(
  { ...deviceKeys, after_s: seconds('how long the device may send nothing', { minimum: 1 }), ...whenKey },
  {
    additionalProperties: false,
    description: 'raised while a device sends nothing',
  },
);

export type SilentConfig = RuleConfig & Type.Static<typeof schema>;

/** Times in ms of the monotonic clock. */
interface Contact {
  /** time of the newest message, or the start of the rule; undefined while silent since before a restart */
  lastMessage: number | undefined;
  silent: boolean;
  /** time of the next check, while the device is not silent */
  due: number;
}

interface State {
  readonly context: RuleContext;
  readonly when: Condition | undefined;
  readonly contacts: Map<DeviceId, Contact>;
  /** no device is due before this time; it may be too early, never too late */
  wakeAt: number | undefined;
}

/** A condition that did not hold is evaluated again after this time. */
const askAgainMs = 60_000;
const placeholders = ['device', 'seconds'];

export const silent: RuleKind<SilentConfig, State> = {
  kind: 'silent',
  title: message('rule/kind.silent'),
  category: 'device',
  schema,
  placeholders,
  conditionOn: 'silence',
  observesLate: true,
  rehearsal: 'unread',

  check: (config, { devices }) => [
    ...checkDevices(config, devices),
    ...checkWhen(config.when, 'silence'),
    ...checkMessage(config.message, placeholders),
  ],

  clause: (config, names) =>
    message('rule/clause.silent', {
      devices: devicesInWords(config, names),
      duration: { seconds: config.after_s },
    }),

  covers: (config, devices, { device, subject }) =>
    subject === '' && coversDevice(config, device) && devices.includes(device),

  concerns: coversDevice,

  initial(config, context, uptime) {
    const contacts = new Map<DeviceId, Contact>();
    const active = new Set(context.active.map(({ device }) => device));
    for (const device of context.devices)
      if (coversDevice(config, device)) {
        const silentNow = active.has(device);
        contacts.set(device, {
          lastMessage: silentNow ? undefined : uptime,
          silent: silentNow,
          due: uptime + afterMs(config),
        });
      }
    const state = { context, when: compileWhen(config.when, 'silence', context), contacts, wakeAt: undefined };
    return { ...state, wakeAt: earliest(contacts) };
  },

  carry({ before, config, state, context, uptime }) {
    const contacts = new Map<DeviceId, Contact>();
    for (const device of context.devices) {
      if (!coversDevice(config, device)) continue;
      const known = state.contacts.get(device) ?? { lastMessage: uptime, silent: false, due: uptime + afterMs(config) };
      // a condition that did not hold has postponed the check: another condition or another time is judged anew
      const isNewTime = before.after_s !== config.after_s || before.when !== config.when;
      const due = isNewTime && known.lastMessage !== undefined ? known.lastMessage + afterMs(config) : known.due;
      contacts.set(device, { ...known, due });
    }
    const when = compileWhen(config.when, 'silence', context);
    return { context, when, contacts, wakeAt: earliest(contacts) };
  },

  observe(config, state, observation, uptime) {
    const { kind, device, time } = observation;
    const known = kind === 'reading' || kind === 'message' ? state.contacts.get(device) : undefined;
    if (known === undefined) return evaluation(state, []);
    const was = known.silent;
    const silentFor = known.lastMessage === undefined ? undefined : (uptime - known.lastMessage) / 1000;
    known.lastMessage = uptime;
    known.silent = false;
    known.due = uptime + afterMs(config);
    if (!was) return evaluation(state, []);
    state.wakeAt = Math.min(state.wakeAt ?? Number.POSITIVE_INFINITY, known.due);
    const name = state.context.nameOf(device);
    const sentence =
      silentFor === undefined
        ? message('alarm/silent.over', { device: name })
        : message('alarm/silent.over-after', { device: name, duration: { seconds: silentFor } });
    const says = worded(state.context.words, undefined, {}, sentence);
    return evaluation(state, [{ change: 'cleared', device, subject: '', ...says, cause: 'silent', time }]);
  },

  wake(config, state, now, uptime) {
    const changes: RuleChange[] = [];
    for (const [device, known] of state.contacts) {
      if (known.silent || uptime < known.due) continue;
      if (state.when !== undefined && !state.when.holds({ now, device })) {
        known.due = uptime + askAgainMs;
        continue;
      }
      known.silent = true;
      const silentFor = (uptime - (known.lastMessage ?? uptime)) / 1000;
      const { words, nameOf } = state.context;
      const fields = { device: nameOf(device), seconds: words.formats.span(silentFor) };
      const sentence = message('alarm/silent.raised', { device: fields.device, duration: { seconds: silentFor } });
      const says = worded(words, config.message, fields, sentence);
      const value = Math.round(silentFor);
      changes.push({ change: 'raised', device, subject: '', ...says, cause: 'silent', value, time: now });
    }
    state.wakeAt = earliest(state.contacts);
    return evaluation(state, changes);
  },
};

function afterMs(config: SilentConfig): number {
  return config.after_s * 1000;
}

function earliest(contacts: ReadonlyMap<DeviceId, Contact>): number | undefined {
  let first: number | undefined;
  for (const { silent: isSilent, due } of contacts.values())
    if (!isSilent) first = Math.min(first ?? Number.POSITIVE_INFINITY, due);
  return first;
}

function evaluation(state: State, changes: readonly RuleChange[]): Evaluation<State> {
  return state.wakeAt === undefined ? { state, changes } : { state, changes, wakeAt: state.wakeAt };
}
