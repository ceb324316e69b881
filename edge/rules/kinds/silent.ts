/**
 * The rule kind `silent`: a device sends nothing for too long. Every message counts, also a late reading or a message
 * that was not understood.
 *
 *   heard ── no message for after_s, and `when` ──► silent (active) ── any message ──► heard
 *
 * A device behind a bridge, while the bridge cannot be reached or is itself silent:
 *
 *   heard ── after_s over ──► one alarm of the bridge for all devices behind it ── the bridge is back ──► heard: the time
 *                                                                                  that the bridge was away does not count
 *
 * Always: at a start, the time of every device begins anew, so that a restart raises nothing; a condition that does not
 * hold is evaluated again each minute; no device is silent for longer than after_s without an alarm of its own or of its
 * bridge, except for the time that its bridge was away.
 */
import type { WallTime } from '@forpost/shared/clock.ts';
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
  /** time of the next check, while the device is not silent; Infinity: no check is due */
  due: number;
  /** ms that were left of after_s when its bridge went away; while the alarm of the bridge speaks for the device */
  left?: number | undefined;
}

interface State {
  readonly context: RuleContext;
  readonly when: Condition | undefined;
  /** the devices of the rule, and their bridges, whose check is never due where the rule does not cover them */
  readonly contacts: Map<DeviceId, Contact>;
  /** bridges that cannot be reached or are silent, and since when */
  readonly away: Map<DeviceId, number>;
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
  groupsByBridge: true,

  initial(config, context, uptime) {
    const contacts = new Map<DeviceId, Contact>();
    const active = new Set(context.active.map(({ device }) => device));
    for (const device of observed(config, context)) {
      const silentNow = active.has(device);
      const lastMessage = silentNow ? undefined : uptime;
      contacts.set(device, { lastMessage, silent: silentNow, due: dueAfter(config, device, uptime) });
    }
    const when = compileWhen(config.when, 'silence', context);
    return { context, when, contacts, away: awayNow(contacts, context, uptime), wakeAt: earliest(contacts) };
  },

  carry({ before, config, state, context, uptime }) {
    const contacts = new Map<DeviceId, Contact>();
    const away = new Map([...state.away].filter(([bridge]) => context.behind(bridge).length > 0));
    // a condition that did not hold has postponed the check: another condition or another time is judged anew
    const isNewTime = before.after_s !== config.after_s || before.when !== config.when;
    for (const device of observed(config, context)) {
      const fresh: Contact = { lastMessage: uptime, silent: false, due: Number.POSITIVE_INFINITY };
      const known = state.contacts.get(device) ?? fresh;
      const { left, ...rest } = known;
      const bridge = context.bridgeOf(device);
      const isPaused = left !== undefined && bridge !== undefined && away.has(bridge) && !isNewTime;
      const start = known.lastMessage ?? uptime;
      const kept = left === undefined ? known.due : uptime + left;
      const due =
        isNewTime || !Number.isFinite(kept) || !coversDevice(config, device) ? dueAfter(config, device, start) : kept;
      contacts.set(device, isPaused ? known : { ...rest, due });
    }
    for (const [bridge, since] of awayNow(contacts, context, uptime)) if (!away.has(bridge)) away.set(bridge, since);
    const when = compileWhen(config.when, 'silence', context);
    return { context, when, contacts, away, wakeAt: earliest(contacts) };
  },

  observe(config, state, observation, uptime) {
    const { kind, device, time } = observation;
    if (observation.kind === 'reach' && !observation.reachable) {
      if (!state.away.has(device)) state.away.set(device, uptime);
      return evaluation(state, []);
    }
    const counts = kind === 'reading' || kind === 'message' || kind === 'reach';
    const known = counts ? state.contacts.get(device) : undefined;
    // the last will of a bridge is a message too
    if (known === undefined || !state.context.reaches(device)) return evaluation(state, []);
    comeBack(state, device, uptime);
    const was = known.silent;
    const silentFor = known.lastMessage === undefined ? undefined : (uptime - known.lastMessage) / 1000;
    known.lastMessage = uptime;
    known.silent = false;
    known.left = undefined;
    known.due = dueAfter(config, device, uptime);
    if (!was) return evaluation(state, []);
    noteDue(state, known.due);
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
      const bridge = awayBridge(state, device);
      if (bridge === undefined) changes.push(raised(config, state, device, known, { now, uptime }));
      else {
        known.left = Math.max(0, known.due - (state.away.get(bridge) ?? uptime));
        known.due = Number.POSITIVE_INFINITY;
        const ofBridge = state.contacts.get(bridge);
        if (ofBridge !== undefined && !ofBridge.silent)
          changes.push(raised(config, state, bridge, ofBridge, { now, uptime }));
      }
    }
    state.wakeAt = earliest(state.contacts);
    return evaluation(state, changes);
  },
};

/** The devices of the rule, and their bridges. A bridge stands before the devices behind it. */
function observed(config: SilentConfig, context: RuleContext): readonly DeviceId[] {
  return context.devices.filter(
    (device) => coversDevice(config, device) || context.behind(device).some((one) => coversDevice(config, one)),
  );
}

/** Bridges among the observed devices that cannot be reached now. */
function awayNow(
  contacts: ReadonlyMap<DeviceId, Contact>,
  context: RuleContext,
  uptime: number,
): Map<DeviceId, number> {
  const bridges = [...contacts.keys()].filter((device) => context.behind(device).length > 0);
  return new Map(bridges.filter((bridge) => !context.reaches(bridge)).map((bridge) => [bridge, uptime]));
}

/** The bridge of a device, while it cannot be reached or is silent; undefined: the device has none, or its bridge is there. */
function awayBridge({ context, away, contacts }: State, device: DeviceId): DeviceId | undefined {
  const bridge = context.bridgeOf(device);
  if (bridge === undefined) return undefined;
  return away.has(bridge) || contacts.get(bridge)?.silent === true ? bridge : undefined;
}

/** A bridge is back: the devices behind it have as much time left as they had when it went away. */
function comeBack(state: State, bridge: DeviceId, uptime: number): void {
  const since = state.away.get(bridge);
  state.away.delete(bridge);
  for (const device of state.context.behind(bridge)) {
    const known = state.contacts.get(device);
    if (known === undefined || known.silent) continue;
    if (known.left !== undefined) known.due = uptime + known.left;
    else if (since !== undefined) known.due += uptime - since;
    known.left = undefined;
    noteDue(state, known.due);
  }
}

function raised(
  config: SilentConfig,
  { context, away }: State,
  device: DeviceId,
  known: Contact,
  { now, uptime }: { readonly now: WallTime; readonly uptime: number },
): RuleChange {
  const { words, nameOf } = context;
  const since = known.lastMessage ?? uptime;
  const silentFor = (uptime - since) / 1000;
  const fields = { device: nameOf(device), seconds: words.formats.span(silentFor) };
  const count = context.behind(device).filter((one) => coversDevice(config, one)).length;
  const duration = { seconds: silentFor };
  const sentence =
    count === 0
      ? message('alarm/silent.raised', { device: fields.device, duration })
      : message('alarm/silent.bridge', { device: fields.device, duration, count });
  known.silent = true;
  if (count > 0 && !away.has(device)) away.set(device, since);
  const says = worded(words, config.message, fields, sentence);
  return { change: 'raised', device, subject: '', ...says, cause: 'silent', value: Math.round(silentFor), time: now };
}

function afterMs(config: SilentConfig): number {
  return config.after_s * 1000;
}

/** The due time after a message at `lastMessage`; never for a bridge that only stands for devices of the rule. */
function dueAfter(config: SilentConfig, device: DeviceId, lastMessage: number): number {
  return coversDevice(config, device) ? lastMessage + afterMs(config) : Number.POSITIVE_INFINITY;
}

/** A device may be due earlier than all others. */
function noteDue(state: State, due: number): void {
  if (Number.isFinite(due)) state.wakeAt = Math.min(state.wakeAt ?? Number.POSITIVE_INFINITY, due);
}

function earliest(contacts: ReadonlyMap<DeviceId, Contact>): number | undefined {
  let first: number | undefined;
  for (const { silent: isSilent, due } of contacts.values())
    if (!isSilent && Number.isFinite(due)) first = Math.min(first ?? Number.POSITIVE_INFINITY, due);
  return first;
}

function evaluation(state: State, changes: readonly RuleChange[]): Evaluation<State> {
  return state.wakeAt === undefined ? { state, changes } : { state, changes, wakeAt: state.wakeAt };
}
