/**
 * The conditions of the machine: each one judges a reading as bad, good, between, or unknown.
 * Pure; hysteresis and hold times are in judge.ts.
 *
 * Always: between `bad` and `good` lies a gap, so that a value at a limit does not raise and clear all the time.
 * Sentences are words of the catalogue (`gateway/reason.host-…`) with what to do.
 */
import type { Severity } from '@forpost/shared/event/event.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { type HostPart, type HostReading, known, type Sensor, type StorageDisk } from './reading.ts';
import type { HostLimits } from './settings.ts';

/** The conditions with an alarm: the alarm's subject. Ids stay: alarms from before a restart have them. */
export type HostCondition =
  | 'temperature'
  | 'power'
  | 'memory'
  | 'disk-space'
  | 'disk-filling'
  | 'disk-read-only'
  | 'disk-failing';

export type Verdict =
  | { readonly is: 'bad'; readonly sentence: string; readonly value?: number }
  | { readonly is: 'good' | 'between' | 'unknown' };

/** A reading, and figures that earlier readings give. */
export interface ReadingInContext {
  readonly reading: HostReading;
  /** days until the disk is full by its trend; undefined: it does not fill, or it is not known */
  readonly daysLeft: number | undefined;
  /** programs that the kernel ended for memory in the last hour */
  readonly recentKills: number;
  /** the processor was slowed down by heat since the reading before */
  readonly throttled: boolean;
}

export interface Condition {
  readonly id: HostCondition;
  readonly part: HostPart;
  readonly severity: Severity;
  /** the metric of the alarm's value */
  readonly cause: string;
  /** how long it must be bad without a break until the alarm is raised, and good until it is cleared */
  readonly raiseAfterMs: number;
  readonly clearAfterMs: number;
  verdictOn(context: ReadingInContext, limits: HostLimits): Verdict;
}

const minuteMs = 60_000;
const good: Verdict = { is: 'good' };
const between: Verdict = { is: 'between' };
const unknown: Verdict = { is: 'unknown' };

export const conditions: readonly Condition[] = [
  {
    id: 'temperature',
    part: 'temperature',
    severity: 'warning',
    cause: 'temperature_c',
    // a burst of work heats a processor for a minute or two
    raiseAfterMs: 5 * minuteMs,
    clearAfterMs: 5 * minuteMs,
    verdictOn: temperature,
  },
  {
    id: 'power',
    part: 'power',
    severity: 'warning',
    cause: 'undervoltage',
    // each dip may damage a memory card; dips come in series, as when a disk starts
    raiseAfterMs: 0,
    clearAfterMs: 30 * minuteMs,
    verdictOn: ({ reading }) => {
      const power = known(reading.power);
      if (power === undefined) return unknown;
      return power.tooWeak ? { is: 'bad', sentence: words('gateway/reason.host-undervoltage') } : good;
    },
  },
  {
    id: 'memory',
    part: 'memory',
    severity: 'warning',
    cause: 'memory_available_pct',
    raiseAfterMs: 10 * minuteMs,
    clearAfterMs: 10 * minuteMs,
    verdictOn: memory,
  },
  {
    id: 'disk-space',
    part: 'disk',
    severity: 'warning',
    cause: 'disk_free_pct',
    raiseAfterMs: 2 * minuteMs,
    clearAfterMs: 2 * minuteMs,
    verdictOn: diskSpace,
  },
  {
    id: 'disk-filling',
    part: 'disk',
    severity: 'warning',
    cause: 'disk_days_left',
    // the trend changes over hours only
    raiseAfterMs: 30 * minuteMs,
    clearAfterMs: 60 * minuteMs,
    verdictOn: diskFilling,
  },
  {
    id: 'disk-read-only',
    part: 'disk',
    severity: 'critical',
    cause: 'disk_read_only',
    raiseAfterMs: 0,
    clearAfterMs: 0,
    verdictOn: ({ reading }) => {
      const disk = known(reading.disk);
      if (disk === undefined) return unknown;
      return disk.readOnly
        ? { is: 'bad', sentence: words('gateway/reason.host-read-only', { where: disk.mount }) }
        : good;
    },
  },
  {
    id: 'disk-failing',
    part: 'storage',
    severity: 'critical',
    cause: 'disk_worn_pct',
    raiseAfterMs: 0,
    clearAfterMs: 0,
    verdictOn: diskFailing,
  },
];

/** The limit of a disk whose maker states none, °C: SSDs and hard disks bear this. */
const hottestDisk = 70;
/** An alarm begins this far below the maker's critical temperature, °C. */
const belowCritical = { processor: 15, disk: 5 } as const;
/** An alarm ends this far below its limit, °C. */
const cooler = 5;

/** The temperature that raises the alarm; undefined: the sensor has no limit. */
export function limitOf({ of, critical }: Sensor, { hot_c: hot }: HostLimits): number | undefined {
  if (of === 'other') return undefined;
  if (of === 'disk') return critical === undefined ? hottestDisk : critical - belowCritical.disk;
  return critical === undefined ? hot : Math.min(hot, critical - belowCritical.processor);
}

function temperature({ reading, throttled }: ReadingInContext, limits: HostLimits): Verdict {
  const judged = (known(reading.temperature)?.sensors ?? []).flatMap((sensor) => {
    const limit = limitOf(sensor, limits);
    return limit === undefined ? [] : [{ sensor, limit, over: sensor.celsius - limit }];
  });
  const worst = judged.toSorted((a, b) => b.over - a.over)[0];
  if (worst !== undefined && worst.over >= 0) {
    const { sensor, limit } = worst;
    const shown = { sensor: sensor.name, celsius: Math.round(sensor.celsius), limit: Math.round(limit) };
    const sentence =
      sensor.of === 'disk' ? words('gateway/reason.host-disk-hot', shown) : words('gateway/reason.host-hot', shown);
    return { is: 'bad', sentence, value: sensor.celsius };
  }
  if (throttled) return { is: 'bad', sentence: words('gateway/reason.host-throttled') };
  if (worst === undefined) return known(reading.throttling) === undefined ? unknown : good;
  return worst.over > -cooler ? between : good;
}

/** Part of 5 min in which every task waited for memory: a machine that swaps this much answers late. */
const mostStalled = 0.1;

function memory({ reading, recentKills }: ReadingInContext, { memory_free_pct: least }: HostLimits): Verdict {
  if (recentKills > 0) return { is: 'bad', sentence: words('gateway/reason.host-oom', { count: recentKills }) };
  const found = known(reading.memory);
  if (found === undefined || found.total <= 0) return unknown;
  const stalled = found.stalledShare ?? 0;
  if (stalled >= mostStalled)
    return { is: 'bad', sentence: words('gateway/reason.host-stalled', { percent: Math.round(stalled * 100) }) };
  const percent = (found.available / found.total) * 100;
  if (percent < least) {
    const sentence = words('gateway/reason.host-memory', { percent: Math.floor(percent) });
    return { is: 'bad', sentence, value: rounded(percent) };
  }
  return percent < least * 2 || stalled >= mostStalled / 2 ? between : good;
}

/** An alarm ends this far above the limit of free space, percent points. */
const roomier = 2;

function diskSpace({ reading }: ReadingInContext, { disk_free_pct: least }: HostLimits): Verdict {
  const disk = known(reading.disk);
  if (disk === undefined || disk.total <= 0) return unknown;
  const space = (disk.available / disk.total) * 100;
  if (space < least) {
    const sentence = words('gateway/reason.host-disk-space', { where: disk.mount, percent: Math.floor(space) });
    return { is: 'bad', sentence, value: rounded(space) };
  }
  const { files = 0, filesFree = 0 } = disk;
  const names = files === 0 ? 100 : (filesFree / files) * 100;
  if (names < least) {
    const sentence = words('gateway/reason.host-inodes', { where: disk.mount, count: filesFree });
    return { is: 'bad', sentence, value: rounded(names) };
  }
  return Math.min(space, names) < least + roomier ? between : good;
}

function diskFilling({ reading, daysLeft }: ReadingInContext, { disk_full_days: within }: HostLimits): Verdict {
  const disk = known(reading.disk);
  if (disk === undefined) return unknown;
  if (daysLeft === undefined || within === 0) return good;
  if (daysLeft > within) return daysLeft > within * 1.5 ? good : between;
  const hours = Math.max(1, Math.floor(daysLeft * 24));
  const sentence =
    hours < 48
      ? words('gateway/reason.host-full-in-hours', { where: disk.mount, hours })
      : words('gateway/reason.host-full-in-days', { where: disk.mount, days: Math.floor(daysLeft) });
  return { is: 'bad', sentence, value: rounded(daysLeft) };
}

function diskFailing({ reading }: ReadingInContext, { worn_pct: worn }: HostLimits): Verdict {
  const disks = known(reading.storage)?.disks ?? [];
  const disk = known(reading.disk);
  for (const one of disks) {
    const verdict = failing(one, worn);
    if (verdict !== undefined) return verdict;
  }
  if ((disk?.errors ?? 0) > 0) {
    const sentence = words('gateway/reason.host-errors', { where: disk?.mount ?? '', count: disk?.errors ?? 0 });
    return { is: 'bad', sentence };
  }
  const isKnown = disks.some(({ unknown: why }) => why === undefined) || disk?.errors !== undefined;
  return isKnown ? good : unknown;
}

function failing({ name, kind, failing: fails, spare, usedLife }: StorageDisk, worn: number): Verdict | undefined {
  if (fails && kind === 'array') return { is: 'bad', sentence: words('gateway/reason.host-array', { disk: name }) };
  if (fails) return { is: 'bad', sentence: words('gateway/reason.host-failing', { disk: name }) };
  if (spare === 'urgent') return { is: 'bad', sentence: words('gateway/reason.host-no-spare', { disk: name }) };
  const percent = Math.round((usedLife ?? 0) * 100);
  if (usedLife === undefined || percent < worn) return undefined;
  return { is: 'bad', sentence: words('gateway/reason.host-worn', { disk: name, percent }), value: percent };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
