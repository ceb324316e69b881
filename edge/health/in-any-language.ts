/**
 * What is wrong, for readers of any language: the parts of a gateway tell it in English words, and the status adds the
 * message of the catalogue to each of them that has one. Pure.
 */
import type { CameraStatus, DeviceStatus, GatewayStatus, UplinkStatus } from '@forpost/shared/event/status.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';

/** Adds `reasonI18n` to what has a reason. */
export function withReason<Thing extends { readonly reason: string }>(
  thing: Thing,
): Thing & Pick<CameraStatus, 'reasonI18n'> {
  const reasonI18n = recognise(thing.reason);
  return reasonI18n === undefined ? thing : { ...thing, reasonI18n };
}

export function camerasInAnyLanguage(cameras: readonly CameraStatus[]): readonly CameraStatus[] {
  return cameras.map(withReason);
}

export function uplinksInAnyLanguage(uplinks: readonly UplinkStatus[]): readonly UplinkStatus[] {
  return uplinks.map(withReason);
}

export function devicesInAnyLanguage(devices: readonly DeviceStatus[]): readonly DeviceStatus[] {
  return devices.map((device) =>
    device.muteRules === undefined ? device : { ...device, muteRules: device.muteRules.map(withReason) },
  );
}

/** `problemsI18n` is absent where no problem has a message. */
export function problemsInAnyLanguage(problems: readonly string[]): Pick<GatewayStatus, 'problems' | 'problemsI18n'> {
  const problemsI18n = problems.map((problem) => recognise(problem) ?? null);
  return problemsI18n.every((message) => message === null) ? { problems } : { problems, problemsI18n };
}
