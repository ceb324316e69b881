import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { afterEach, expect, test } from 'vitest';
import {
  container,
  halfEmpty,
  industrial,
  raspberryPi4,
  raspberryPi5,
  recorded,
  type Tree,
  virtualMachine,
} from '../testing/machines.ts';
import { linuxProbes, Probe } from './probes.ts';
import { Root } from './root.ts';
import type { Run } from './run.ts';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

const nothingInstalled: Run = async () => undefined;

async function reading(tree: Tree, { run = nothingInstalled, folder = '/var/lib/forpost', smart = true } = {}) {
  const root = await mkdtemp(join(tmpdir(), 'machine-'));
  folders.push(root);
  await recorded(root, tree);
  const probes = linuxProbes({
    root: new Root(root),
    run,
    folder,
    smart,
    clock: new FakeClock(),
    statfs: async () => halfEmpty,
    addressOf: (name) => (name === 'wlan0' ? undefined : '192.168.1.5'),
  });
  return probes.read();
}

test('a Raspberry Pi with an SD card has every figure except the wear of its card', async () => {
  expect(await reading(raspberryPi4)).toEqual({
    model: 'Raspberry Pi 4 Model B Rev 1.4',
    temperature: { sensors: [{ name: 'cpu_thermal', of: 'processor', celsius: 48.3, critical: 110 }] },
    throttling: { byHeat: false },
    power: { tooWeak: false, tooWeakSinceBoot: false },
    load: { cores: 4, load1: 0.52, load5: 0.41, load15: 0.3 },
    memory: {
      total: 3_884_000 * 1024,
      available: 2_900_000 * 1024,
      oomKills: 0,
      swapTotal: 102_396 * 1024,
      swapFree: 102_396 * 1024,
    },
    disk: {
      mount: '/',
      type: 'ext4',
      total: 30_000_000_000,
      available: 20_000_000_000,
      readOnly: false,
      errors: 0,
      files: 1_900_000,
      filesFree: 1_800_000,
    },
    storage: { disks: [{ name: 'mmcblk0', kind: 'sd', unknown: 'SD cards do not tell their wear' }] },
    network: {
      interfaces: [
        { name: 'eth0', up: true, address: '192.168.1.5', speed: 1000, errors: 4 },
        { name: 'wlan0', up: false, errors: 0 },
      ],
    },
  });
});

test.each([
  { flags: '1', means: 'too little voltage now', power: [true, false], byHeat: false },
  {
    flags: '50005',
    means: 'too little voltage now, which also slows the processor',
    power: [true, true],
    byHeat: false,
  },
  { flags: '50000', means: 'too little voltage earlier', power: [false, true], byHeat: false },
  { flags: '20002', means: 'a frequency that is capped, with enough voltage', power: [false, false], byHeat: true },
  { flags: '80008', means: 'the soft limit of the temperature', power: [false, false], byHeat: true },
])('the firmware’s flags $flags of a Raspberry Pi mean $means', async ({ flags, power: [now, since], byHeat }) => {
  const file = 'sys/devices/platform/soc/soc:firmware/get_throttled';
  const fromFile = await reading({ ...raspberryPi4, [file]: flags });
  const { [file]: _, ...withoutFile } = raspberryPi4;
  const run: Run = async (program) => (program === 'vcgencmd' ? `throttled=0x${flags}\n` : undefined);
  const fromProgram = await reading(withoutFile, { run });
  for (const { power, throttling } of [fromFile, fromProgram]) {
    expect(power).toEqual({ tooWeak: now, tooWeakSinceBoot: since });
    expect(throttling).toEqual({ byHeat });
  }
});

test('a dip of the voltage is found if only the kernel’s driver reports it; firmware with an address in its name is read', async () => {
  const { power } = await reading({ ...raspberryPi4, 'sys/class/hwmon/hwmon1/in0_lcrit_alarm': '1' });
  expect(power).toEqual({ tooWeak: true, tooWeakSinceBoot: false });
  const { 'sys/devices/platform/soc/soc:firmware/get_throttled': _, ...bare } = raspberryPi4;
  const newer = await reading({ ...bare, 'sys/devices/platform/soc@1000/soc@1000:firmware/get_throttled': '50000' });
  expect(newer.power).toEqual({ tooWeak: false, tooWeakSinceBoot: true });
});

test('a Raspberry Pi with the upstream kernel reports low voltage, and its throttling is unknown', async () => {
  const { power, throttling, temperature } = await reading(raspberryPi5);
  expect(power).toEqual({ tooWeak: true });
  expect(throttling).toEqual({ unknown: expect.stringMatching(/does not tell/) });
  expect(temperature).toMatchObject({ sensors: [{ name: 'cpu_thermal' }, { name: 'rp1_adc', of: 'other' }] });
});

test('a processor that a cooling device slows down counts as slowed down by heat', async () => {
  const cooled = { 'sys/class/thermal/cooling_device1/type': 'cpufreq-cpu0' };
  const state = 'sys/class/thermal/cooling_device1/cur_state';
  expect((await reading({ ...raspberryPi5, ...cooled, [state]: '0' })).throttling).toEqual({ byHeat: false });
  expect((await reading({ ...raspberryPi5, ...cooled, [state]: '3' })).throttling).toEqual({ byHeat: true });
});

test('an industrial computer reports the hottest sensor of each chip, the wear of its eMMC and a mirror that lacks a disk', async () => {
  const smart = { smart_status: { passed: true }, nvme_smart_health_information_log: {} };
  const log = { critical_warning: 0, percentage_used: 12, available_spare: 100, available_spare_threshold: 10 };
  const run: Run = async (program, args) =>
    program === 'smartctl' && args.at(-1) === '/dev/nvme0n1'
      ? JSON.stringify({ ...smart, nvme_smart_health_information_log: log })
      : undefined;
  const read = await reading(industrial, { run, folder: '/var/lib/my data/forpost' });
  expect(read.model).toBe('ADVANTECH UNO-2271G');
  expect(read.temperature).toEqual({
    sensors: [
      { name: 'coretemp Core 0', of: 'processor', celsius: 62, critical: 100 },
      { name: 'nvme Composite', of: 'disk', celsius: 41.9, critical: 84.9 },
    ],
  });
  expect(read.throttling).toEqual({ byHeat: false, count: 7 });
  expect(read.storage).toEqual({
    disks: [
      { name: 'mmcblk0', kind: 'emmc', usedLife: 0.8, spare: 'normal' },
      { name: 'nvme0n1', kind: 'nvme', failing: false, usedLife: 0.12, spare: 'normal' },
      { name: 'md0', kind: 'array', failing: true },
      { name: 'md1', kind: 'array', failing: false },
    ],
  });
  expect(read.memory).toMatchObject({ stalledShare: 0.0025 });
  // the kernel made this file system read-only after errors; its mount point has a space
  expect(read.disk).toMatchObject({ mount: '/var/lib/my data', readOnly: true, errors: 2 });
});

test.each([
  ['is not installed', undefined, /install the package smartmontools/],
  ['runs without root', '{"smartctl":{"messages":[{"string":"Smartctl open device: Permission denied"}]}}', /for root/],
  ['may see no device', '{"smartctl":{"messages":[{"string":"/dev/sda: No such device"}]}}', /for root/],
  ['prints something else', 'Segmentation fault', /does not tell its health/],
  ['finds a disk without SMART', '{"smartctl":{"messages":[]}}', /does not tell its health/],
  ['finds a disk that sleeps', '{"smartctl":{"messages":[{"string":"Device is in STANDBY mode"}]}}', /sleeps/],
] as const)('where smartctl %s, the wear of the disk is not known, and says why', async (_, output, why) => {
  const { storage } = await reading({ 'sys/block/sda/size': '1' }, { run: async () => output });
  expect(storage).toEqual({ disks: [{ name: 'sda', kind: 'disk', unknown: expect.stringMatching(why) }] });
});

test('a disk is failing if its SMART self-assessment failed or it reports a critical warning', async () => {
  const ask = async (answer: object) => {
    const { storage } = await reading({ 'sys/block/nvme0n1/size': '1' }, { run: async () => JSON.stringify(answer) });
    return storage;
  };
  expect(await ask({ smart_status: { passed: false } })).toMatchObject({ disks: [{ failing: true }] });
  const log = { critical_warning: 4, percentage_used: 101, available_spare: 3, available_spare_threshold: 10 };
  expect(await ask({ smart_status: { passed: true }, nvme_smart_health_information_log: log })).toMatchObject({
    disks: [{ failing: true, usedLife: 1.01, spare: 'urgent' }],
  });
});

test('a virtual machine has a reason why temperature, disk wear and power supply are unknown', async () => {
  const { temperature, throttling, power, storage, network } = await reading(virtualMachine);
  expect(temperature).toEqual({ unknown: expect.stringMatching(/no temperature sensor/) });
  expect(throttling).toEqual({ unknown: expect.stringMatching(/does not tell whether/) });
  expect(power).toEqual({ unknown: expect.stringMatching(/power supply/) });
  expect(storage).toEqual({ disks: [{ name: 'vda', kind: 'disk', unknown: expect.stringMatching(/virtual disk/) }] });
  expect(network).toMatchObject({ interfaces: [{ name: 'eth0', up: true }] });
});

test('a container’s memory is its limit, and pages that the kernel can free count as available', async () => {
  const { memory, disk, storage, network } = await reading(container);
  expect(memory).toMatchObject({ total: 536_870_912, available: 136_870_912, oomKills: 2 });
  expect(disk).toMatchObject({ type: 'overlay', total: 30_000_000_000 });
  expect(disk).not.toHaveProperty('errors');
  expect(storage).toEqual({ unknown: expect.stringMatching(/no disk/) });
  expect(network).toMatchObject({ interfaces: [{ name: 'eth0', up: true }] });
});

test('on a machine without the kernel’s files every part is unknown with a reason, not 0', async () => {
  const read = await reading({});
  for (const part of ['temperature', 'throttling', 'power', 'load', 'memory', 'storage', 'network'] as const)
    expect(read[part]).toEqual({ unknown: expect.stringMatching(/./) });
});

test('a probe that hangs is unknown after its deadline and not started again; it runs again once it has answered', async () => {
  const clock = new FakeClock();
  let asked = 0;
  let answer: (text: string) => void = () => {};
  const probe = new Probe(
    clock,
    () => {
      asked++;
      return new Promise<string>((resolve) => {
        answer = resolve;
      });
    },
    5000,
  );
  const unknown = (why: string) => ({ unknown: why });
  const first = probe.read(unknown);
  clock.advance(5000);
  expect(await first).toEqual({ unknown: 'no answer within 5 s' });
  expect(await probe.read(unknown)).toEqual({ unknown: 'no answer within 5 s' });
  expect(asked).toBe(1);
  answer('late');
  await new Promise(setImmediate);
  const again = probe.read(unknown);
  answer('in time');
  expect(await again).toBe('in time');
  expect(asked).toBe(2);
});

test('a probe that fails is unknown with a reason and throws nothing', async () => {
  const probe = new Probe(new FakeClock(), () => Promise.reject(new Error('EIO')));
  expect(await probe.read((why) => ({ unknown: why }))).toEqual({ unknown: 'it could not be read' });
});
