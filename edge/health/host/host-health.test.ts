import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { catalogue } from '@forpost/shared/texts/catalogue/all.ts';
import { texts } from '@forpost/shared/texts/texts.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ActiveAlarm } from '../../alerts/alarm.ts';
import type { AlarmTransition } from '../../rules/rule.ts';
import { wordsOf } from '../../rules/words.ts';
import { HostHealth, type HostHealthOptions } from './host-health.ts';
import type { ProbeProcessOptions } from './probe-process.ts';
import type { HostReading } from './reading.ts';
import { type HostHealthSettings, hostLimits } from './settings.ts';
import { disk, well } from './testing/readings.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'host-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function host({
  settings = {},
  ...more
}: Partial<HostHealthOptions> & { readonly settings?: HostHealthSettings } = {}) {
  const clock = new FakeClock();
  const alarms: AlarmTransition[] = [];
  let probe: ProbeProcessOptions | undefined;
  let started = 0;
  const health = new HostHealth({
    folder,
    file: join(folder, 'host-health.json'),
    gateway: 'gw-1',
    name: 'Barn',
    clock,
    limits: hostLimits(settings),
    words: () => wordsOf('en'),
    ownBytes: () => 0,
    active: () => [],
    alarm: (transitions) => alarms.push(...transitions),
    logger: silentLogger(),
    createProbe: (options) => {
      probe = options;
      return { start: () => void started++, stop: async () => {} };
    },
    ...more,
  });
  const read = (reading: HostReading, minutes = 1) => {
    for (let i = 0; i < minutes; i++) {
      probe?.onReading(reading);
      clock.advance(60_000);
    }
  };
  return { health, alarms, clock, read, failed: () => probe?.onFailure(), started: () => started };
}

const hot: HostReading = { ...well, temperature: { sensors: [{ name: 'cpu', of: 'processor', celsius: 91 }] } };

test('an alarm about the machine names the gateway as its device, in the site’s language and as a catalogue message', async () => {
  const { health, alarms, read } = host({ words: () => wordsOf('ru') });
  await health.start();
  read(hot, 6);
  expect(alarms).toEqual([
    expect.objectContaining({
      change: 'raised',
      rule: 'gateway-health',
      device: 'gw-1',
      subject: 'temperature',
      severity: 'warning',
      category: 'gateway',
      test: false,
      cause: 'temperature_c',
      value: 91,
      message:
        'Barn: температура процессора (cpu) 91 °C, выше 85 °C: обеспечьте шлюзу вентиляцию или защитите его от солнца',
    }),
  ]);
  const english = texts('en', catalogue.en);
  expect(english.say(alarms[0]?.messageI18n, '')).toBe(
    'Barn: the processor (cpu) has 91 °C, above 85 °C: ventilate the gateway, or shade it from the sun',
  );
  read(well, 6);
  expect(alarms[1]).toMatchObject({ change: 'cleared', subject: 'temperature' });
  expect(english.say(alarms[1]?.messageI18n, '')).toBe('Barn: the temperature is below its limit again');
  await health.stop();
});

test('the status has the known figures, and for each unknown part the reason', async () => {
  const { health, read } = host();
  await health.start();
  expect(health.status()).toBeUndefined();
  read({ ...well, model: 'QEMU', temperature: { unknown: 'it could not be read' } });
  const status = health.status();
  expect(status).toMatchObject({
    model: 'QEMU',
    at: '2026-01-01T00:00:00.000Z',
    trendSince: '2026-01-01T00:00:00.000Z',
  });
  expect(status?.values).toMatchObject({ load5: 0.5, cores: 4, disk_available_bytes: 20e9, disk_worn_pct: 20 });
  expect(status?.values).not.toHaveProperty('temperature_c');
  expect(status?.findings).toEqual([
    {
      part: 'temperature',
      level: 'unknown',
      text: 'it could not be read',
      textI18n: { key: 'gateway/reason.host-failed', values: {} },
    },
  ]);
  await health.stop();
});

test('the status lists parts to watch before unknown parts; the problems name disk wear and a weak power supply', async () => {
  const { health, read } = host();
  await health.start();
  read({
    ...well,
    power: { tooWeak: false, tooWeakSinceBoot: true },
    throttling: { unknown: 'this machine does not tell whether its processor is slowed down' },
    load: { cores: 1, load1: 9, load5: 9, load15: 9 },
    storage: { disks: [{ name: 'nvme0n1', kind: 'nvme', usedLife: 0.8 }] },
    network: { interfaces: [{ name: 'eth0', up: false, errors: 0 }] },
  });
  expect(health.status()?.findings.map(({ part, level }) => `${level} ${part}`)).toEqual([
    ...['watch power', 'watch storage', 'watch load', 'watch network', 'unknown throttling'],
  ]);
  expect(health.problems()).toEqual([
    'the power supply was too weak for a moment since the last boot: use a stronger one with a short cable',
    'nvme0n1 has used 80 % of its life time: plan its replacement',
  ]);
  await health.stop();
});

test('bytes of other programs raise the alarm of a filling disk; the gateway’s own stores, which have limits, do not', async () => {
  const run = async (own: boolean) => {
    let written = 0;
    const { health, alarms, clock, read } = host({ ownBytes: () => (own ? written : 0) });
    await health.start();
    for (let quarter = 0; quarter < 48; quarter++) {
      written = quarter * 2e8;
      read({ ...well, disk: { ...disk, available: 20e9 - written } });
      clock.advance(14 * 60_000);
    }
    await health.stop();
    return { alarms: alarms.map(({ change, subject }) => `${subject} ${change}`), status: health.status() };
  };
  const others = await run(false);
  expect(others.alarms).toEqual(['disk-filling raised']);
  expect(others.status?.values.disk_days_left).toBeCloseTo(0.6, 1);
  expect((await run(true)).alarms).toEqual([]);
});

test('a machine that cannot be read has each part unknown and no figures', async () => {
  const { health, read, failed } = host();
  await health.start();
  read(well);
  failed();
  const { findings = [], values } = health.status() ?? {};
  expect(values).toEqual({});
  expect(new Set(findings.map(({ level, text }) => `${level}: ${text}`))).toEqual(
    new Set(['unknown: the machine could not be read']),
  );
  expect(findings).toHaveLength(8);
  await health.stop();
});

function active(subject: string): ActiveAlarm {
  return {
    alarm: `gateway-health/gw-1/${subject}/1`,
    rule: 'gateway-health',
    device: 'gw-1',
    subject,
    severity: 'warning',
    category: 'gateway',
    test: false,
    cause: 'x',
    message: 'hot',
    count: 1,
    acknowledged: false,
    raised: 1,
    changed: 1,
  } as ActiveAlarm;
}

test('an alarm from before a restart is cleared once readings have been good for long enough', async () => {
  const { health, alarms, read } = host({ active: () => [active('temperature')] });
  await health.start();
  read(well, 6);
  expect(alarms).toMatchObject([{ change: 'cleared', subject: 'temperature' }]);
  await health.stop();
});

test('with host_health disabled, the gateway starts no probe process and clears the machine’s alarms', async () => {
  const { health, alarms, started } = host({
    settings: { enabled: false },
    active: () => [active('temperature'), { ...active('x'), rule: 'other' } as ActiveAlarm],
  });
  await health.start();
  expect(started()).toBe(0);
  expect(health.status()).toBeUndefined();
  expect(alarms).toMatchObject([
    { change: 'cleared', subject: 'temperature', message: 'Barn: the machine is no longer watched' },
  ]);
  await health.stop();
});

test('an alarm of a condition that this version does not know is cleared too', async () => {
  const { health, alarms } = host({ settings: { enabled: false }, active: () => [active('fan')] });
  await health.start();
  expect(alarms).toMatchObject([{ change: 'cleared', subject: 'fan' }]);
  await health.stop();
});
