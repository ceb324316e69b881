/** A judged reading for people and for the centre: figures, and parts that are not well or unknown. Pure. */
import type { HostFinding, HostStatus } from '@forpost/shared/event/status.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import { conditions } from './conditions.ts';
import { faults, type HostState } from './judge.ts';
import { type HostPart, type HostReading, hostParts, known } from './reading.ts';
import type { HostLimits } from './settings.ts';

export interface Judged {
  readonly reading: HostReading;
  readonly state: HostState;
  readonly limits: HostLimits;
  readonly daysLeft: number | undefined;
  /** RFC 3339 */
  readonly at: string;
  readonly trendSince: string | undefined;
}

export function hostStatus(judged: Judged): HostStatus {
  const { reading, at, trendSince } = judged;
  const disks = (known(reading.storage)?.disks ?? []).map(({ name, usedLife }) => ({
    name,
    ...(usedLife === undefined ? {} : { usedLife }),
  }));
  const interfaces = (known(reading.network)?.interfaces ?? []).map(({ name, up, address }) => ({
    name,
    up,
    ...(address === undefined ? {} : { address }),
  }));
  return {
    at,
    ...(reading.model === undefined ? {} : { model: reading.model }),
    values: valuesOf(judged),
    findings: findingsOf(judged),
    ...(disks.length === 0 ? {} : { disks }),
    ...(interfaces.length === 0 ? {} : { interfaces }),
    ...(trendSince === undefined ? {} : { trendSince }),
  };
}

/** Weak power and disk wear, which raise no alarm but concern a person; a sentence each. */
export function hostProblems(reading: HostReading, limits: HostLimits): readonly Words[] {
  return watchFindings(reading, limits)
    .filter(({ part }) => part === 'power' || part === 'storage')
    .map(({ sentence }) => sentence);
}

function findingsOf({ reading, state, limits }: Judged): readonly HostFinding[] {
  const { bad, watch } = faults(state);
  const partOf = new Map(conditions.map(({ id, part }) => [id, part]));
  const part = (condition: (typeof bad)[number]['condition']) => partOf.get(condition) ?? 'disk';
  return [
    ...bad.map(({ condition, sentence }) => finding(part(condition), 'bad', sentence)),
    ...watch.map(({ condition, sentence }) => finding(part(condition), 'watch', sentence)),
    ...watchFindings(reading, limits).map(({ part: of, sentence }) => finding(of, 'watch', sentence)),
    ...hostParts.flatMap((name) => {
      const of = reading[name];
      return 'unknown' in of ? [finding(name, 'unknown', of.unknown)] : [];
    }),
    ...silentDisks(reading),
  ];
}

function finding(part: HostPart, level: HostFinding['level'], text: string): HostFinding {
  const textI18n = recognise(text);
  return { part, level, text, ...(textI18n === undefined ? {} : { textI18n }) };
}

/** Why disks are unknown, each reason once; empty if at least one disk is known. */
function silentDisks(reading: HostReading): readonly HostFinding[] {
  const disks = known(reading.storage)?.disks ?? [];
  const reasons = new Set(disks.map(({ unknown: why }) => why));
  if (reasons.has(undefined)) return [];
  return [...reasons].flatMap((why) => (why === undefined ? [] : [finding('storage', 'unknown', why)]));
}

/** Tasks a core, on average over 15 min, from which on the load is worth a look. */
const busyLoad = 2;
/** The part of the wear limit from which on wear is reported. */
const wearing = 0.8;

function watchFindings(
  reading: HostReading,
  { worn_pct: worn }: HostLimits,
): readonly { readonly part: HostPart; readonly sentence: Words }[] {
  const [power, load] = [known(reading.power), known(reading.load)];
  const interfaces = known(reading.network)?.interfaces;
  const worst = (known(reading.storage)?.disks ?? []).find(
    ({ usedLife = 0, spare }) => spare === 'low' || (usedLife * 100 >= worn * wearing && usedLife * 100 < worn),
  );
  return [
    ...(power?.tooWeakSinceBoot && !power.tooWeak
      ? [{ part: 'power' as const, sentence: words('gateway/reason.host-undervoltage-seen') }]
      : []),
    ...(worst === undefined
      ? []
      : [
          {
            part: 'storage' as const,
            sentence:
              worst.usedLife === undefined || worst.spare === 'low'
                ? words('gateway/reason.host-spare-low', { disk: worst.name })
                : words('gateway/reason.host-wearing', {
                    disk: worst.name,
                    percent: Math.round(worst.usedLife * 100),
                  }),
          },
        ]),
    ...(load !== undefined && load.load15 > load.cores * busyLoad
      ? [{ part: 'load' as const, sentence: words('gateway/reason.host-busy', { cores: load.cores }) }]
      : []),
    ...(interfaces?.every(({ up }) => !up)
      ? [{ part: 'network' as const, sentence: words('gateway/reason.host-no-network') }]
      : []),
  ];
}

function valuesOf({ reading, daysLeft }: Judged): Readonly<Record<string, number>> {
  const sensors = known(reading.temperature)?.sensors ?? [];
  const processor = sensors.filter(({ of }) => of === 'processor').map(({ celsius }) => celsius);
  const shown = processor.length > 0 ? processor : sensors.map(({ celsius }) => celsius);
  const [load, memory, disk] = [known(reading.load), known(reading.memory), known(reading.disk)];
  const worn = (known(reading.storage)?.disks ?? []).flatMap(({ usedLife }) =>
    usedLife === undefined ? [] : [usedLife],
  );
  return defined({
    temperature_c: shown.length === 0 ? undefined : Math.max(...shown),
    load1: load?.load1,
    load5: load?.load5,
    load15: load?.load15,
    cores: load?.cores,
    memory_total_bytes: memory?.total,
    memory_available_bytes: memory?.available,
    memory_stalled_pct: memory?.stalledShare === undefined ? undefined : memory.stalledShare * 100,
    oom_kills: memory?.oomKills,
    disk_total_bytes: disk?.total,
    disk_available_bytes: disk?.available,
    disk_files_free: disk?.filesFree,
    disk_days_left: daysLeft === undefined ? undefined : Math.round(daysLeft * 10) / 10,
    disk_worn_pct: worn.length === 0 ? undefined : Math.round(Math.max(...worn) * 100),
  });
}

function defined(values: Readonly<Record<string, number | undefined>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
