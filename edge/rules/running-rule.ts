/**
 * One rule as it runs: its configuration, its state, its active alarms; and what becomes of it when the site changes.
 *
 *   configuration the same, or only its name, level, category, sentence or test mark differ ──► runs on, with its state
 *   another key differs, or a device came or went ──► the kind carries its state over (`carry`), where it can
 *   else ──► begins anew, as at a start, with the alarms that it still covers
 *
 * Always: names, language and time zone are read from the site as it is now, so that a renamed device is no new rule.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Uptime } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { DeviceId, RuleId } from '@forpost/shared/event/ids.ts';
import { atOnce } from '@forpost/shared/slices.ts';
import type { RuleConfig, Site } from '../site/site.ts';
import { siteDevices } from '../site/site-devices.ts';
import type { KnowsClockError } from './clock-error.ts';
import { type AnyRuleKind, ruleKind } from './kinds/registry.ts';
import type { AlarmSubject, AlarmTransition, RuleContext } from './rule.ts';
import { wordsOf } from './words.ts';

/** An alarm that was active before this engine started, as `Alarms.active()` returns it. */
export type RestoredAlarm = Pick<
  AlarmTransition,
  'rule' | 'device' | 'subject' | 'severity' | 'category' | 'test' | 'cause' | 'peak'
>;

/** The facts about the site that all rules share; `active` is added for each. */
export type SiteContext = Omit<RuleContext, 'active'>;

export interface RunningRule {
  config: RuleConfig;
  readonly kind: AnyRuleKind;
  state: unknown;
  wakeAt: number | undefined;
  /** its `initial` threw: the rule gets no observations */
  broken: boolean;
  errors: number;
  lastError: string;
  /** keys of its active alarms */
  readonly active: Set<string>;
}

/** Keys that no kind's state depends on: they only stand in what the rule says. */
const wordingKeys = ['name', 'severity', 'category', 'message', 'test'];

/**
 * A rule as at a start, with those of `actives` that it covers. A rule whose `initial` throws is counted as failed and does
 * nothing. @throws RangeError for an unknown kind; the check of site.yaml refuses it before
 */
export function buildRule(
  config: RuleConfig,
  context: SiteContext,
  actives: readonly RestoredAlarm[],
  uptime: Uptime,
): RunningRule {
  const kind = ruleKind(config.kind);
  if (kind === undefined) throw new RangeError(`rule "${config.id}": there is no kind "${config.kind}"`);
  const active = actives.filter((alarm) => watches({ kind, config }, context, alarm));
  const rule: RunningRule = {
    config,
    kind,
    state: undefined,
    wakeAt: undefined,
    broken: false,
    errors: 0,
    lastError: '',
    active: new Set(active.map(key)),
  };
  try {
    rule.state = kind.initial(config, withActive(context, active), uptime);
    // the first wake: a kind that counts silence must be woken even if no observation ever comes
    rule.wakeAt = uptime;
  } catch (error) {
    fail(rule, messageOf(error));
    rule.broken = true;
  }
  return rule;
}

/**
 * The rule itself, with what it can keep under `config`; undefined: it begins anew. `sameDevices`: the site has the devices
 * that it had.
 */
export function keptRule(
  rule: RunningRule,
  config: RuleConfig,
  context: SiteContext,
  { actives, sameDevices, uptime }: { actives: readonly RestoredAlarm[]; sameDevices: boolean; uptime: Uptime },
): RunningRule | undefined {
  const { kind, config: before, state } = rule;
  if (rule.broken || kind.kind !== config.kind) return undefined;
  const isSame = isDeepStrictEqual(ofState(before), ofState(config));
  if (isSame && (sameDevices || kind.carry === undefined)) {
    rule.config = config;
    return rule;
  }
  const active = actives.filter((alarm) => watches({ kind, config }, context, alarm));
  try {
    const carried = kind.carry?.({ before, config, state, context: withActive(context, active), uptime });
    if (carried === undefined) return undefined;
    rule.state = carried;
    rule.config = config;
    rule.wakeAt = uptime;
    return rule;
  } catch (error) {
    fail(rule, messageOf(error));
    return undefined;
  }
}

/** Whether an active alarm belongs to this rule. */
export function watches(
  { kind, config }: Pick<RunningRule, 'kind' | 'config'>,
  { devices, behind }: Pick<SiteContext, 'devices' | 'behind'>,
  alarm: AlarmSubject & { readonly rule: RuleId },
): boolean {
  if (alarm.rule !== config.id) return false;
  if (kind.covers(config, devices, alarm)) return true;
  if (kind.groupsByBridge !== true) return false;
  return behind(alarm.device).some((device) => kind.covers(config, devices, { ...alarm, device }));
}

/** Whether the rule observes this device, camera or bridge. */
export function concerns(
  { kind, config }: Pick<RunningRule, 'kind' | 'config'>,
  { behind }: Pick<SiteContext, 'behind'>,
  device: DeviceId,
): boolean {
  if (kind.concerns(config, device)) return true;
  return kind.groupsByBridge === true && behind(device).some((one) => kind.concerns(config, one));
}

function ofState(config: RuleConfig): object {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !wordingKeys.includes(name)));
}

export function key({ device, subject }: { readonly device: string; readonly subject: string }): string {
  return `${device}/${subject}`;
}

export function fail(rule: RunningRule, message: string): void {
  rule.errors++;
  rule.lastError = message;
}

/** What rules ask of one site. */
export interface SiteFacts extends Pick<SiteContext, 'devices' | 'words' | 'bridgeOf' | 'behind'> {
  /** names for people of devices, bridges and cameras, by id */
  readonly names: ReadonlyMap<string, string>;
}

const factsBySite = new WeakMap<Site, SiteFacts>();

export function factsOf(site: Site): SiteFacts {
  return factsBySite.get(site) ?? atOnce(factSteps(site));
}

/** The facts in steps (shared/slices.ts); from then on `factsOf` has them. */
export function* factSteps(site: Site): Generator<void, SiteFacts, void> {
  const devices: DeviceId[] = [];
  const names = new Map<string, string>();
  const bridges = new Map<DeviceId, DeviceId>();
  const behind = new Map<DeviceId, DeviceId[]>();
  for (const { id, name = id, bridge } of siteDevices(site)) {
    devices.push(id);
    names.set(id, name);
    if (bridge !== undefined) {
      bridges.set(id, bridge);
      const others = behind.get(bridge);
      if (others === undefined) behind.set(bridge, [id]);
      else others.push(id);
    }
    yield;
  }
  for (const { id, name = id } of site.cameras) names.set(id, name);
  const facts: SiteFacts = {
    devices,
    words: wordsOf(site.language),
    names,
    bridgeOf: (device) => bridges.get(device),
    behind: (bridge) => behind.get(bridge) ?? [],
  };
  factsBySite.set(site, facts);
  return facts;
}

/** The context of the site as it is now, whenever somebody reads it. */
export function liveContext(
  current: () => Site,
  clockError: KnowsClockError,
  reaches: SiteContext['reaches'] = () => true,
): SiteContext {
  const facts = () => factsOf(current());
  const camera = (id: string) => current().cameras.find((one) => one.id === id);
  return {
    get devices() {
      return facts().devices;
    },
    get timezone() {
      return current().timezone;
    },
    get words() {
      return facts().words;
    },
    clockError,
    reaches,
    bridgeOf: (device) => facts().bridgeOf(device),
    behind: (bridge) => facts().behind(bridge),
    nameOf: (device) => facts().names.get(device) ?? device,
    zoneNameOf: (id, zone) => camera(id)?.zones?.find((one) => one.id === zone)?.name ?? zone,
    lineNameOf: (id, line) => camera(id)?.lines?.find((one) => one.id === line)?.name ?? line,
  };
}

/** A view of the context that stays live: spreading it would read it once. */
function withActive(context: SiteContext, active: RuleContext['active']): RuleContext {
  return Object.create(context, { active: { value: active, enumerable: true } }) as RuleContext;
}
