import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostCondition } from './conditions.ts';
import { faults, type HostState, initialState, judged } from './judge.ts';
import type { HostReading } from './reading.ts';
import { hostLimits } from './settings.ts';
import { disk, memory, well } from './testing/readings.ts';

const minute = 60_000;
const hour = 60 * minute;
const gigabyte = 1e9;
const limits = hostLimits();

/** Judges a reading a minute, and notes each change with the minute in which it came. */
class Run {
  state: HostState = initialState();
  readonly changes: string[] = [];
  #minute = 0;

  minutes(count: number, reading: HostReading, daysLeft?: number): this {
    for (let i = 0; i < count; i++) {
      const { state, changes } = judged(this.state, reading, daysLeft, limits, this.#minute * minute);
      this.state = state;
      for (const { change, condition } of changes) this.changes.push(`${this.#minute}: ${condition.id} ${change}`);
      this.#minute++;
    }
    return this;
  }

  get sentence(): string {
    const { bad, watch } = faults(this.state);
    return [...bad, ...watch].map(({ sentence }) => sentence).join('; ');
  }
}

function hot(celsius: number): HostReading {
  return { ...well, temperature: { sensors: [{ name: 'cpu_thermal', of: 'processor', celsius, critical: 110 }] } };
}

test('a machine that is well raises nothing', () => {
  const run = new Run().minutes(100, well);
  expect(run.changes).toEqual([]);
  expect(run.sentence).toBe('');
});

describe('temperature', () => {
  test('heat raises the alarm after five minutes, and clears it five minutes after it is gone', () => {
    const run = new Run().minutes(5, hot(86)).minutes(1, well).minutes(7, hot(86)).minutes(10, well);
    expect(run.changes).toEqual(['11: temperature raised', '18: temperature cleared']);
  });

  test('a temperature that swings around its limit raises the alarm once', () => {
    const run = new Run().minutes(10, hot(86));
    for (let i = 0; i < 20; i++) run.minutes(6, hot(84)).minutes(1, hot(85));
    expect(run.changes).toEqual(['5: temperature raised']);
    expect(run.sentence).toBe(
      'the processor (cpu_thermal) has 85 °C, above 85 °C: ventilate the gateway, or shade it from the sun',
    );
  });

  test('a processor that switches itself off at 90 °C is too hot above 75 °C; a hot battery raises no alarm', () => {
    const sensors = [
      { name: 'coretemp', of: 'processor', celsius: 76, critical: 90 },
      { name: 'BAT0', of: 'other', celsius: 120 },
    ] as const;
    const run = new Run().minutes(6, { ...well, temperature: { sensors } });
    expect(run.sentence).toMatch(/^the processor \(coretemp\) has 76 °C, above 75 °C/);
  });

  test('an NVMe disk is too hot 5 °C below its maker’s limit', () => {
    const nvme = (celsius: number): HostReading => ({
      ...well,
      temperature: { sensors: [{ name: 'nvme Composite', of: 'disk', celsius, critical: 85 }] },
    });
    expect(new Run().minutes(20, nvme(79)).changes).toEqual([]);
    expect(new Run().minutes(6, nvme(81)).sentence).toMatch(/^a disk \(nvme Composite\) has 81 °C, above 80 °C/);
  });

  test('a processor that heat slows down is too hot, whatever its sensor says', () => {
    const slowed = new Run().minutes(6, { ...well, throttling: { byHeat: true } });
    expect(slowed.changes).toEqual(['5: temperature raised']);
    expect(slowed.sentence).toMatch(/slowed down by heat/);
    // x86 reports a count since the boot: only increases after the gateway's start matter
    const counted = new Run().minutes(10, { ...well, throttling: { byHeat: false, count: 1000 } });
    expect(counted.changes).toEqual([]);
    for (let count = 1001; count < 1008; count++) counted.minutes(1, { ...well, throttling: { byHeat: false, count } });
    expect(counted.changes).toEqual(['15: temperature raised']);
  });
});

test('one dip of the voltage raises the alarm at once, and half an hour without one clears it', () => {
  const weak: HostReading = { ...well, power: { tooWeak: true } };
  const run = new Run().minutes(1, well).minutes(1, weak).minutes(20, well).minutes(1, weak).minutes(40, well);
  expect(run.changes).toEqual(['1: power raised', '53: power cleared']);
});

describe('memory', () => {
  const little: HostReading = { ...well, memory: { ...memory, available: 0.1 * gigabyte } };

  test('little memory raises the alarm after ten minutes', () => {
    const run = new Run().minutes(9, little).minutes(1, well).minutes(12, little);
    expect(run.changes).toEqual(['20: memory raised']);
    expect(run.sentence).toMatch(/^2 % of the memory is available/);
  });

  test('a machine in which all programs wait for memory raises the alarm, whatever is available', () => {
    const stalled = (share: number): HostReading => ({ ...well, memory: { ...memory, stalledShare: share } });
    const run = new Run().minutes(11, stalled(0.12)).minutes(20, stalled(0.06)).minutes(11, stalled(0.01));
    expect(run.changes).toEqual(['10: memory raised', '41: memory cleared']);
    expect(new Run().minutes(1, stalled(0.12)).sentence).toMatch(
      /^all programs waited for memory for 12 % of the last 5 min/,
    );
  });

  test('the alarm counts programs that the kernel ended for lack of memory, without those before the gateway’s start', () => {
    const killed: HostReading = { ...well, memory: { ...memory, oomKills: 7 } };
    const run = new Run().minutes(30, well).minutes(1, killed);
    expect(run.sentence).toMatch(/^the system ended 2 programs in the last hour/);
    run.minutes(100, killed);
    expect(run.changes).toEqual(['40: memory raised', '100: memory cleared']);
  });
});

describe('disk', () => {
  test('little free space raises the alarm, and slightly more does not clear it', () => {
    const room = (percent: number): HostReading => ({
      ...well,
      disk: { ...disk, available: (disk.total * percent) / 100 },
    });
    const run = new Run().minutes(3, room(4)).minutes(10, room(6)).minutes(10, room(8));
    expect(run.changes).toEqual(['2: disk-space raised', '15: disk-space cleared']);
  });

  test('a disk that can take hardly any more files raises the alarm, whatever its free space', () => {
    const run = new Run().minutes(3, { ...well, disk: { ...disk, filesFree: 20 } });
    expect(run.sentence).toBe('the disk of / takes 20 more files only: delete small files that are not needed there');
  });

  test('a file system without a limit of files is judged by its free space alone', () => {
    const { files: _, filesFree: __, ...bare } = disk;
    expect(new Run().minutes(5, { ...well, disk: bare }).changes).toEqual([]);
  });

  test('a disk that will be full within a week raises the alarm, and one in ten days does not clear it', () => {
    const run = new Run().minutes(31, well, 6.5);
    expect(run.changes).toEqual(['30: disk-filling raised']);
    expect(run.sentence).toMatch(/^the disk of \/ will be full in 6 days/);
    expect(run.minutes(1, well, 1.4).sentence).toMatch(/will be full in 33 hours/);
    run.minutes(100, well, 10);
    expect(run.changes).toHaveLength(1);
    run.minutes(61, well);
    expect(run.changes).toEqual(['30: disk-filling raised', '192: disk-filling cleared']);
  });

  test('a disk that became read-only raises a critical alarm at once', () => {
    const { changes } = judged(initialState(), { ...well, disk: { ...disk, readOnly: true } }, undefined, limits, 0);
    expect(changes).toMatchObject([{ change: 'raised', condition: { id: 'disk-read-only', severity: 'critical' } }]);
  });

  test.each([
    ['is worn out', { name: 'mmcblk0', kind: 'emmc', usedLife: 0.9 }, /has used 90 % of its life time/],
    ['has no spare blocks', { name: 'mmcblk0', kind: 'emmc', spare: 'urgent' }, /hardly any spare blocks/],
    ['fails its own test', { name: 'sda', kind: 'disk', failing: true }, /^sda reports that it is failing/],
    ['is missing in an array', { name: 'md0', kind: 'array', failing: true }, /^the array md0 lacks a disk/],
  ] as const)('a disk that %s raises the alarm', (_, one, sentence) => {
    const run = new Run().minutes(1, {
      ...well,
      storage: { disks: [{ name: 'sdb', kind: 'disk', unknown: 'no' }, one] },
    });
    expect(run.changes).toEqual(['0: disk-failing raised']);
    expect(run.sentence).toMatch(sentence);
  });

  test('errors that the kernel found in the file system of an SD card raise the alarm', () => {
    const run = new Run().minutes(1, {
      ...well,
      disk: { ...disk, errors: 1 },
      storage: { disks: [{ name: 'mmcblk0', kind: 'sd', unknown: 'SD cards do not tell their wear' }] },
    });
    expect(run.sentence).toMatch(/^the system found an error in the file system of \//);
  });
});

test('a machine with every part unknown raises no alarm, and keeps its active alarms for a day', () => {
  const unknown = { unknown: 'it could not be read' };
  const nothing: HostReading = {
    temperature: unknown,
    throttling: unknown,
    power: unknown,
    load: unknown,
    memory: unknown,
    disk: unknown,
    storage: unknown,
    network: unknown,
  };
  expect(new Run().minutes(2000, nothing).changes).toEqual([]);
  const run = new Run().minutes(6, hot(90)).minutes(24 * 60, nothing);
  expect(run.changes).toEqual(['5: temperature raised']);
  run.minutes(10, nothing);
  expect(run.changes).toEqual(['5: temperature raised', '1446: temperature cleared']);
});

test('an alarm from before a restart goes on, and ends when the fault is gone', () => {
  const run = new Run();
  run.state = initialState(new Map([['temperature', 'hot']]));
  run.minutes(10, hot(90));
  expect(run.changes).toEqual([]);
  run.minutes(10, well);
  expect(run.changes).toEqual(['15: temperature cleared']);
});

test('for any readings, «raised» and «cleared» of a condition alternate', () => {
  const unknown = { unknown: 'x' };
  const step = fc.record({
    celsius: fc.option(fc.integer({ min: 40, max: 100 })),
    free: fc.option(fc.integer({ min: 0, max: 20 })),
    weak: fc.option(fc.boolean()),
    days: fc.option(fc.integer({ min: 0, max: 20 })),
    hours: fc.double({ min: 0, max: 30, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let state = initialState();
      let at = 0;
      const active = new Map<HostCondition, boolean>();
      for (const { celsius, free, weak, days, hours } of steps) {
        at += hours * hour;
        const reading: HostReading = {
          ...(celsius === null ? { ...well, temperature: unknown } : hot(celsius)),
          power: weak === null ? unknown : { tooWeak: weak },
          disk: free === null ? unknown : { ...disk, available: (disk.total * free) / 100 },
        };
        const { state: next, changes } = judged(state, reading, days ?? undefined, limits, at);
        state = next;
        for (const { change, condition } of changes) {
          expect(active.get(condition.id) ?? false).toBe(change === 'cleared');
          active.set(condition.id, change === 'raised');
        }
      }
    }),
    { numRuns: 200 },
  );
});
