/**
 * Finds mute rules: rules that cannot fire on their devices' messages. The metric comes as a text, under another name or
 * in another channel, or no reading can make the condition true. Pure.
 *
 * Always: a device is judged only after enough messages. A rule for all devices is mute only if it cannot fire on any of
 * them, or if a device sends its metric in the wrong form. At most `mostPairs` pairs of rule and device are examined, in
 * the order of site.yaml.
 */

import type { DeviceId, RuleId } from '@forpost/shared/event/ids.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import type { MessageRecord } from '../devices/message-record.ts';
import { isEnabled, type Site } from '../site/site.ts';
import { siteDevices } from '../site/site-devices.ts';
import type { CannotFire } from './can-fire.ts';
import { ruleKind } from './kinds/registry.ts';

export interface MuteRule {
  readonly rule: RuleId;
  /** the rule's name for people */
  readonly name: string;
  readonly device: DeviceId;
  readonly reason: string;
}

/** Mute rules that one status names, a sentence each. */
const mostNamed = 20;

/** Mute rules as sentences. `nameOf`: a device's name for people. */
export function muteInWords(mute: readonly MuteRule[], nameOf: (device: string) => string): readonly Words[] {
  const sentences = mute
    .slice(0, mostNamed)
    .map(({ name, device, reason }) => words('gateway/reason.rule-mute', { name, device: nameOf(device), reason }));
  const more = mute.length - sentences.length;
  return more <= 0 ? sentences : [...sentences, words('gateway/reason.rules-mute-more', { count: more })];
}

/** Pairs of rule and device that one call examines. */
const mostPairs = 5000;

export function muteRules(site: Site, recordOf: (device: DeviceId) => MessageRecord | undefined): readonly MuteRule[] {
  const found: MuteRule[] = [];
  let left = mostPairs;
  for (const config of site.rules.filter(isEnabled)) {
    const kind = ruleKind(config.kind);
    if (kind?.cannotFire === undefined) continue;
    const ofRule: (MuteRule & Pick<CannotFire, 'kind'>)[] = [];
    let canFire = false;
    for (const { id } of siteDevices(site)) {
      if (!kind.concerns(config, id)) continue;
      if (left-- <= 0) return found;
      const record = recordOf(id);
      const why = record === undefined ? undefined : kind.cannotFire(config, record);
      if (why === undefined) canFire = true;
      else ofRule.push({ rule: config.id, name: config.name ?? config.id, device: id, ...why });
    }
    const named = config.device !== '*';
    for (const { kind: which, ...mute } of ofRule) if (named || which === 'form' || !canFire) found.push(mute);
  }
  return found;
}
