/** A gateway whose own clock is wrong, and devices whose clocks are right: no alarm is lost, and no device is blamed. */
import { messageOf } from '@forpost/shared/errors.ts';
import { expect, onTestFinished, test } from 'vitest';
import { TestSite, until } from '../harness/site.ts';
import { wrongClock } from '../harness/wrong-clock.ts';

const hour = 3_600_000;

interface Status {
  readonly clock: string;
  readonly problems: readonly string[];
}

test('an untrusted clock of the gateway silences no alarm: two hours off, in 1970, in 2099, and after a jump', async ({
  skip,
}) => {
  const clock = await wrongClock().catch(messageOf);
  if (typeof clock === 'string') return skip(clock);
  await clock.setOff(2 * hour);
  const rule = { kind: 'threshold', device: 'meter', metric: 'power_w', above: 5000 };
  // an hour other than the present one and the wrong clock's
  const other = new Date(Date.now() + 9 * hour).getUTCHours();
  const site = await TestSite.start({
    devices: ['meter'],
    uplink: 'none',
    rules: [
      { id: 'over', ...rule },
      { id: 'scheduled', name: 'Night watch', ...rule, when: `hour == ${other}` },
    ],
    gatewayEnv: clock.env,
  });
  onTestFinished(() => site.stop());
  const meter = await site.connect('meter');
  onTestFinished(() => void meter.end(true));
  const say = (power: number) =>
    meter.publishAsync(
      'forpost/devices/meter/readings',
      JSON.stringify({ time: new Date().toISOString(), values: { power_w: power } }),
      { qos: 1 },
    );
  const active = async () => {
    const { alarms } = await site.local<{ alarms: { rule: string; active: boolean }[] }>('/api/v1/alarms');
    return alarms
      .filter((alarm) => alarm.active)
      .map(({ rule }) => rule)
      .sort();
  };
  const set = [
    () => clock.setOff(2 * hour),
    () => clock.setOff(-2 * hour),
    () => clock.setYear(1970),
    () => clock.setYear(2099),
  ];
  for (const move of set) {
    await move();
    await say(9000);
    await until('both alarms are active', async () => (await active()).join() === 'over,scheduled');
    await say(10);
    await until('both are over', async () => (await active()).length === 0);
  }
  const { clock: quality, problems } = await site.local<Status>('/api/v1/status');
  expect(quality).toBe('unsynced');
  expect(problems.join()).toContain('this gateway’s clock is not in sync');
  expect(problems.join()).toContain('Night watch');
  expect(problems.filter((problem) => problem.startsWith('meter'))).toEqual([]);
});
