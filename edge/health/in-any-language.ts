/**
 * Problems and reasons for readers of any language: each text of the status in English, and beside it the message of
 * the catalogue. Parts of the main thread give messages; words of threads and processes are recognised. Pure.
 */
import type { CameraStatus, DeviceStatus, GatewayStatus, UplinkStatus } from '@forpost/shared/event/status.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import { asMessage, type Sentence, wordsOf } from '@forpost/shared/texts/sentence.ts';

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
export function problemsInAnyLanguage(
  sentences: readonly (Sentence | string)[],
): Pick<GatewayStatus, 'problems' | 'problemsI18n'> {
  const problems = sentences.map((sentence) => (typeof sentence === 'string' ? sentence : wordsOf(sentence)));
  const problemsI18n = sentences.map((sentence) => asMessage(sentence) ?? null);
  return problemsI18n.every((message) => message === null) ? { problems } : { problems, problemsI18n };
}

export function storageInAnyLanguage(problem: string): Pick<GatewayStatus, 'storageProblem' | 'storageProblemI18n'> {
  if (problem === '') return {};
  const storageProblemI18n = recognise(problem);
  return storageProblemI18n === undefined
    ? { storageProblem: problem }
    : { storageProblem: problem, storageProblemI18n };
}
