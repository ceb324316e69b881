/** The common keys of several rule kinds, with their checks: the choice of devices, and the condition. */
import { withSuggestion } from '@forpost/shared/config/nearest.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import { Condition, checkCondition, LocalTime, type Subject } from '../cel.ts';
import type { RuleContext, RuleProblem, SiteNames } from '../rule.ts';

export const everyDevice = '*';

/** The keys `device` and `devices`; a rule has exactly one of them. */
export const deviceKeys = {
  device: Type.Optional(
    Type.String({ description: 'id of the device, or "*" for every device; instead of devices', 'x-field': 'device' }),
  ),
  devices: Type.Optional(
    Type.Array(Type.String(), {
      minItems: 1,
      description: 'ids of several devices; instead of device',
      'x-field': 'devices',
      'x-instead': 'device',
    }),
  ),
} as const;

export const whenKey = {
  when: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'condition in CEL that must hold too, such as hour >= 22 || hour < 6',
      'x-default': 'always',
      'x-field': 'condition',
    }),
  ),
} as const;

/** A duration in seconds, a week at most: no rule sensibly waits longer. */
export function seconds(description: string, { minimum = 0, ...more }: { minimum?: number; default?: number } = {}) {
  return Type.Number({ minimum, maximum: 604_800, description, 'x-field': 'duration', ...more });
}

interface DeviceChoice {
  readonly device?: string;
  readonly devices?: readonly string[];
}

export function coversDevice(config: DeviceChoice, device: string): boolean {
  if (config.device !== undefined) return config.device === everyDevice || config.device === device;
  return config.devices?.some((id) => id === everyDevice || id === device) ?? false;
}

/** A part of a sentence that the catalogue lacks, in the words of the kind that makes it; every reader gets these. */
export function plainWords(text: string): Message {
  return message('rule/plain', { text });
}

/** The devices of a rule in a sentence: "Meter hall", "any device". */
export function devicesInWords({ device, devices = [] }: DeviceChoice, names: SiteNames, channel?: string): Message {
  const ids = device === undefined ? devices : [device];
  const [first] = ids;
  if (first === undefined || ids.includes(everyDevice)) return message('rule/devices.all');
  if (ids.length > 1) return message('rule/devices.some', { names: { list: ids.map((id) => names.nameOf(id)) } });
  const name = names.nameOf(first);
  return channel === undefined
    ? message('rule/devices.one', { name })
    : message('rule/devices.channel', { name, channel });
}

export function checkDevices(config: DeviceChoice, known: readonly DeviceId[]): readonly RuleProblem[] {
  if (config.device !== undefined && config.devices !== undefined)
    return [{ path: ['devices'], message: words('mistake/rule.device-and-devices') }];
  if (config.device === undefined && config.devices === undefined)
    return [{ path: [], message: words('mistake/rule.no-device') }];
  const wrong = (id: string) => id !== everyDevice && !known.some((device) => device === id);
  const noDevice = (id: string) => withSuggestion(words('gateway/note.no-device', { device: id }), id, known);
  if (config.device !== undefined)
    return wrong(config.device) ? [{ path: ['device'], message: noDevice(config.device) }] : [];
  return (config.devices ?? []).flatMap((id, index) =>
    wrong(id) ? [{ path: ['devices', index], message: noDevice(id) }] : [],
  );
}

export function checkWhen(when: string | undefined, subject: Subject): readonly RuleProblem[] {
  if (when === undefined) return [];
  const problem = checkCondition(when, subject);
  if (problem === undefined) return [];
  const { message: reason, mark, offset } = problem;
  const message =
    mark === undefined
      ? words('mistake/rule.when', { reason })
      : words('mistake/rule.when-at', { reason, expression: mark.line, mark: mark.caret });
  return [{ path: ['when'], message, offset }];
}

/** The rule's condition, or undefined where it has none. @throws Error where the CEL is wrong (checked at load) */
export function compileWhen(when: string | undefined, subject: Subject, context: RuleContext): Condition | undefined {
  return when === undefined
    ? undefined
    : new Condition(when, subject, new LocalTime(() => context.timezone), context.clockError);
}
