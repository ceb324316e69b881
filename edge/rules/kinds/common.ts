/** The common keys of several rule kinds, with their checks: the choice of devices, and the condition. */
import { withSuggestion } from '@forpost/shared/config/nearest.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import { words } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import { Condition, checkCondition, LocalTime, type Subject } from '../cel.ts';
import type { RuleContext, RuleProblem } from '../rule.ts';

export const everyDevice = '*';

/** The keys `device` and `devices`; a rule has exactly one of them. */
export const deviceKeys = {
  device: Type.Optional(Type.String({ description: 'id of the device, or "*" for every device; instead of devices' })),
  devices: Type.Optional(
    Type.Array(Type.String(), { minItems: 1, description: 'ids of several devices; instead of device' }),
  ),
} as const;

export const whenKey = {
  when: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'condition in CEL that must hold too, such as hour >= 22 || hour < 6',
      'x-default': 'always',
    }),
  ),
} as const;

/** A duration in seconds, a week at most: no rule sensibly waits longer. */
export function seconds(description: string, { minimum = 0, ...more }: { minimum?: number; default?: number } = {}) {
  return Type.Number({ minimum, maximum: 604_800, description, ...more });
}

interface DeviceChoice {
  readonly device?: string;
  readonly devices?: readonly string[];
}

export function coversDevice(config: DeviceChoice, device: string): boolean {
  if (config.device !== undefined) return config.device === everyDevice || config.device === device;
  return config.devices?.some((id) => id === everyDevice || id === device) ?? false;
}

export function checkDevices(config: DeviceChoice, known: readonly DeviceId[]): readonly RuleProblem[] {
  if (config.device !== undefined && config.devices !== undefined)
    return [{ path: ['devices'], message: words('mistake/rule.device-and-devices') }];
  if (config.device === undefined && config.devices === undefined)
    return [{ path: [], message: words('mistake/rule.no-device') }];
  const wrong = (id: string) => id !== everyDevice && !known.some((device) => device === id);
  const message = (id: string) => withSuggestion(words('gateway/note.no-device', { device: id }), id, known);
  if (config.device !== undefined)
    return wrong(config.device) ? [{ path: ['device'], message: message(config.device) }] : [];
  return (config.devices ?? []).flatMap((id, index) =>
    wrong(id) ? [{ path: ['devices', index], message: message(id) }] : [],
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
