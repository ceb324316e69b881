/** Why a rule of a camera did not fire at something that happened, in an installer's words. Pure, by the rule's keys. */
import type { CameraConfig, RuleConfig } from '../site/site.ts';
import type { SceneChange } from '../vision/messages.ts';

/** What each kind waits for, where it is not the change itself. */
const waits: Readonly<Record<string, string>> = {
  loitering: 'it waits to see how long this one stays',
  'zone-count': 'the number in the zone is not one that it tells',
  'zone-empty': 'it tells when the zone stays empty',
  tamper: 'it watches the camera itself, not what it sees',
};
const wanted: Readonly<Record<string, SceneChange['change']>> = {
  'zone-entered': 'entered',
  'zone-left': 'left',
  'line-crossed': 'crossed',
};
const silentWhileStanding: readonly string[] = ['zone-entered', 'zone-left', 'loitering'];
const verbs = { entered: 'comes in', left: 'leaves', crossed: 'crosses', parked: 'parks', moved: 'moves on' } as const;

export function whyNot(rule: RuleConfig, camera: CameraConfig, change: SceneChange): string {
  return place(rule, camera, change) ?? thing(rule, change) ?? doing(rule, change);
}

function place(rule: RuleConfig, camera: CameraConfig, change: SceneChange): string | undefined {
  if (typeof rule.zone === 'string' && (change.change === 'crossed' || change.zone !== rule.zone))
    return `Not here: it watches ${camera.zones?.find(({ id }) => id === rule.zone)?.name ?? rule.zone}`;
  if (typeof rule.line === 'string' && (change.change !== 'crossed' || change.line !== rule.line))
    return `Not here: it watches ${camera.lines?.find(({ id }) => id === rule.line)?.name ?? rule.line}`;
  return undefined;
}

function thing(rule: RuleConfig, { track }: SceneChange): string | undefined {
  const { class: name, box, best, seen, anyClass } = track;
  if (anyClass !== true && Array.isArray(rule.classes) && !rule.classes.includes(name))
    return `Not what it looks for: this is a ${name}, it wants ${rule.classes.join(' or ')}`;
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  const size = { height: box[3], area: box[2] * box[3] };
  const limits: readonly (readonly [key: string, value: number, word: string])[] = [
    ['min_score', anyClass === true ? 1 : best, 'certain'],
    ['min_height', size.height, 'high'],
    ['min_area', size.area, 'large'],
  ];
  for (const [key, value, word] of limits) {
    const least = rule[key];
    if (typeof least === 'number' && value < least)
      return `Not ${word} enough: ${percent(value)}, it wants ${percent(least)} (${key})`;
  }
  for (const [key, value, word] of [
    ['max_height', size.height, 'high'],
    ['max_area', size.area, 'large'],
  ] as const) {
    const most = rule[key];
    if (typeof most === 'number' && value > most)
      return `Too ${word}: ${percent(value)}, it wants at most ${percent(most)} (${key})`;
  }
  if (track.static && silentWhileStanding.includes(rule.kind))
    return 'It has not moved, or stands again: a parked thing is silent until it moves (static_classes of the camera)';
  if (typeof rule.confirmations === 'number' && seen < rule.confirmations)
    return `Not sure yet: seen in ${seen} frames, it wants ${rule.confirmations} (confirmations)`;
  return undefined;
}

function doing(rule: RuleConfig, change: SceneChange): string {
  const want = wanted[rule.kind];
  if (want !== undefined && want !== change.change) return `It tells when somebody ${verbs[want]}`;
  if (change.change === 'crossed' && typeof rule.direction === 'string' && rule.direction !== change.to)
    return `The other way: it tells who comes to the ${rule.direction}`;
  const why = waits[rule.kind];
  if (why !== undefined) return `Not yet: ${why}`;
  if (rule.when !== undefined) return 'Its condition (when) does not hold, or its alarm is active already';
  return 'Its alarm is active already, or this one was counted before';
}
