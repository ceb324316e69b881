/**
 * Rules that cannot fire on what their devices send: a limit on a metric that comes as a text, under another name, in
 * another channel, or a condition that none of its readings can make true. Pure.
 *
 * Always: said of a device only after it has said enough to be judged by; of a rule for all devices only what is wrong
 * in every one of them, or in the very metric that it wants. Bounded: so many pairs of rule and device are looked at in
 * one go, in the order of the site's file.
 */

import type { DeviceId, RuleId } from '@forpost/shared/event/ids.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Heard } from '../devices/heard.ts';
import type { Site } from '../site/site.ts';
import type { CannotFire } from './can-fire.ts';
import { ruleKind } from './kinds/registry.ts';

export interface MuteRule {
  readonly rule: RuleId;
  /** what people call it */
  readonly name: string;
  readonly device: DeviceId;
  readonly reason: string;
}

/** Sentences of one status. */
const mostTold = 20;

/** `nameOf`: what people call a device. */
export function muteInWords(mute: readonly MuteRule[], nameOf: (device: string) => string): readonly string[] {
  const told = mute
    .slice(0, mostTold)
    .map(({ name, device, reason }) => words('gateway/reason.rule-mute', { name, device: nameOf(device), reason }));
  const more = mute.length - told.length;
  return more <= 0 ? told : [...told, words('gateway/reason.rules-mute-more', { count: more })];
}

/** Rules and devices that are looked at in one go. */
const mostPairs = 5000;

export function muteRules(site: Site, heardOf: (device: DeviceId) => Heard | undefined): readonly MuteRule[] {
  const found: MuteRule[] = [];
  let left = mostPairs;
  for (const config of site.rules) {
    const kind = ruleKind(config.kind);
    if (kind?.cannotFire === undefined) continue;
    const ofRule: (MuteRule & Pick<CannotFire, 'kind'>)[] = [];
    let canFire = false;
    for (const { id } of site.devices) {
      if (!kind.concerns(config, id)) continue;
      if (left-- <= 0) return found;
      const heard = heardOf(id);
      const why = heard === undefined ? undefined : kind.cannotFire(config, heard);
      if (why === undefined) canFire = true;
      else ofRule.push({ rule: config.id, name: config.name ?? config.id, device: id, ...why });
    }
    const named = config.device !== '*';
    for (const { kind: which, ...mute } of ofRule) if (named || which === 'form' || !canFire) found.push(mute);
  }
  return found;
}
