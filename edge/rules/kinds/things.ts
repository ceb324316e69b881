/**
 * The common keys of the rule kinds that watch a camera's picture: the camera, zone or line, and the things that a rule
 * means, by class, score, size and number of frames.
 */

import { withSuggestion } from '@forpost/shared/config/nearest.ts';
import { classValue } from '@forpost/shared/texts/class-names.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { CameraConfig } from '../../site/site.ts';
import type { SceneChange, Track } from '../../vision/messages.ts';
import type { Facts } from '../cel.ts';
import type { RuleProblem, SiteNames } from '../rule.ts';

const part = (description: string, otherwise: number, unit?: string) =>
  Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description,
      default: otherwise,
      'x-field': 'share',
      ...(unit === undefined ? {} : { 'x-unit': unit }),
    }),
  );

export const cameraKey = { camera: Type.String({ description: 'id of the camera', 'x-field': 'camera' }) } as const;
export const zoneKeys = {
  ...cameraKey,
  zone: Type.String({ description: 'id of a zone of the camera', 'x-field': 'zone' }),
} as const;
export const thingKeys = {
  classes: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description: 'classes that count, such as person and car',
      'x-default': 'all',
      'x-field': 'classes',
    }),
  ),
  min_score: part('lowest score that the thing must have reached', 0),
  min_height: part('least height of the thing’s box', 0, 'of the picture'),
  max_height: part('greatest height of the thing’s box', 1, 'of the picture'),
  min_area: part('least area of the thing’s box', 0, 'of the picture'),
  max_area: part('greatest area of the thing’s box', 1, 'of the picture'),
  confirmations: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100,
      description: 'frames in which the thing must be detected first; a higher number is slower and more certain',
      default: 1,
    }),
  ),
} as const;

/** The keys of `thingKeys` in a rule. */
export interface ThingChoice {
  readonly classes?: readonly string[];
  readonly min_score?: number;
  readonly min_height?: number;
  readonly max_height?: number;
  readonly min_area?: number;
  readonly max_area?: number;
  readonly confirmations?: number;
}

/** Whether the rule means `track`, by its class, score, box and number of frames so far. */
export function means(choice: ThingChoice, { class: name, best, box, seen, anyClass }: Track): boolean {
  const [, , width, height] = box;
  const area = width * height;
  return (
    (anyClass === true || (choice.classes?.includes(name) ?? true)) &&
    (anyClass === true || best >= (choice.min_score ?? 0)) &&
    height >= (choice.min_height ?? 0) &&
    height <= (choice.max_height ?? Number.POSITIVE_INFINITY) &&
    area >= (choice.min_area ?? 0) &&
    area <= (choice.max_area ?? Number.POSITIVE_INFINITY) &&
    seen >= (choice.confirmations ?? 1)
  );
}

/** The variables of a condition on `track`. */
export function factsOf({ id, class: name, best, box }: Track): Omit<Facts, 'now' | 'device'> {
  return { class: name, score: best, track: id, width: box[2], height: box[3] };
}

/** The things that a rule means, in a sentence: "a thing (person and car)". */
export function thingsInWords({ classes }: ThingChoice): Message {
  return classes === undefined
    ? message('rule/things.all')
    : message('rule/things.some', { names: { list: classes.map(classValue) } });
}

/** The things that a rule counts, in a sentence: "person and car". */
export function countedInWords({ classes }: ThingChoice): Message {
  return classes === undefined
    ? message('rule/counted.all')
    : message('rule/counted.some', { names: { list: classes.map(classValue) } });
}

/** The values of a sentence about a zone. */
export function zoneInWords(
  config: { readonly camera: string; readonly zone: string },
  names: SiteNames,
): { readonly camera: string; readonly zone: string } {
  const { camera, zone } = config;
  return { camera: names.nameOf(camera), zone: names.zoneNameOf(camera, zone) };
}

export function checkThings(choice: ThingChoice, camera: CameraConfig | undefined): readonly RuleProblem[] {
  const problems: RuleProblem[] = [];
  for (const what of ['height', 'area'] as const) {
    const [least, most] = [choice[`min_${what}`] ?? 0, choice[`max_${what}`] ?? 1];
    if (least > most)
      problems.push({
        path: [`max_${what}`],
        message: words('mistake/rule.greatest', { key: `max_${what}`, least: String(least), other: `min_${what}` }),
      });
  }
  const watched = camera?.classes;
  for (const [index, name] of (choice.classes ?? []).entries())
    if (watched !== undefined && watched.length > 0 && !watched.includes(name))
      problems.push({
        path: ['classes', index],
        message: withSuggestion(words('mistake/rule.class', { camera: `${camera?.id}`, name }), name, watched),
      });
  return problems;
}

export function cameraNamed(cameras: readonly CameraConfig[], id: string): CameraConfig | undefined {
  return cameras.find((camera) => camera.id === id);
}

/** Problems of the rule's camera, zone or line: names that the site does not have. */
export function checkPlace(
  config: { readonly camera: string; readonly zone?: string; readonly line?: string },
  cameras: readonly CameraConfig[],
): readonly RuleProblem[] {
  const camera = cameraNamed(cameras, config.camera);
  if (camera === undefined) {
    const ids = cameras.map(({ id }) => id);
    const about = { id: config.camera };
    const message =
      ids.length === 0
        ? words('mistake/rule.no-cameras', about)
        : withSuggestion(words('mistake/rule.unknown-camera', about), config.camera, ids);
    return [{ path: ['camera'], message }];
  }
  return (['zone', 'line'] as const).flatMap((what) => {
    const wanted = config[what];
    const ids = (camera[`${what}s`] ?? []).map(({ id }) => id);
    if (wanted === undefined || ids.includes(wanted)) return [];
    const about = { camera: camera.id };
    const none = ids.length === 0;
    const sentence =
      what === 'zone'
        ? words(none ? 'gateway/answer.no-zones' : 'gateway/answer.no-zone', { ...about, zone: wanted })
        : words(none ? 'gateway/answer.no-lines' : 'gateway/answer.no-line', { ...about, line: wanted });
    return [{ path: [what], message: none ? sentence : withSuggestion(sentence, wanted, ids) }];
  });
}

/** The reason for a change outside the rule's zone or line, with the zone or line that the rule watches. */
export function notThere(
  rule: { readonly zone?: string; readonly line?: string },
  camera: CameraConfig,
  change: SceneChange,
): string | undefined {
  const { zone, line } = rule;
  if (zone !== undefined && (change.change === 'crossed' || change.zone !== zone))
    return words('gateway/reason.not-here', { place: camera.zones?.find(({ id }) => id === zone)?.name ?? zone });
  if (line !== undefined && (change.change !== 'crossed' || change.line !== line))
    return words('gateway/reason.not-here', { place: camera.lines?.find(({ id }) => id === line)?.name ?? line });
  return undefined;
}

/** Why the rule does not mean `track`, by its frames so far; undefined where it does. */
export function notMeant(choice: ThingChoice, track: Track, standingCounts: boolean): string | undefined {
  const { class: name, seen, anyClass } = track;
  if (anyClass !== true && choice.classes !== undefined && !choice.classes.includes(name))
    return words('gateway/reason.not-wanted', { thing: name, wanted: choice.classes.join(' or ') });
  const size = wrongSize(choice, track);
  if (size !== undefined) return size;
  if (track.static && !standingCounts) return words('gateway/reason.parked');
  if (choice.confirmations !== undefined && seen < choice.confirmations)
    return words('gateway/reason.not-sure', { seen: String(seen), wanted: String(choice.confirmations) });
  return undefined;
}

function wrongSize(choice: ThingChoice, { box: [, , width, height], best, anyClass }: Track): string | undefined {
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  const certain = anyClass === true ? 1 : best;
  for (const [key, value, text] of [
    ['min_score', certain, 'gateway/reason.not-certain'],
    ['min_height', height, 'gateway/reason.not-high'],
    ['min_area', width * height, 'gateway/reason.not-large'],
  ] as const) {
    const least = choice[key];
    if (least !== undefined && value < least)
      return words(text, { value: percent(value), wanted: percent(least), key });
  }
  for (const [key, value, text] of [
    ['max_height', height, 'gateway/reason.too-high'],
    ['max_area', width * height, 'gateway/reason.too-large'],
  ] as const) {
    const most = choice[key];
    if (most !== undefined && value > most) return words(text, { value: percent(value), wanted: percent(most), key });
  }
  return undefined;
}
