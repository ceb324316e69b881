import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { noWords, words } from '@forpost/shared/texts/english.ts';
import { Compile } from 'typebox/compile';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startGateway } from '../../test/harness/gateway.ts';
import { unlimitedSpace } from '../outbox/outbox.ts';
import type { Brief } from './status.ts';
import { type StatusMessage, StatusTopic, statusMessageSchema } from './status-topic.ts';

const fits = Compile(statusMessageSchema);

function rig() {
  const clock = new FakeClock();
  const published: StatusMessage[] = [];
  let brief: Brief = {
    gateway: 'gw' as Brief['gateway'],
    site: 'home' as Brief['site'],
    name: 'Home',
    version: '1.0.0',
    clock: 'synced',
    problems: [],
    uplinks: [{ state: 'live', since: '2026-01-01T00:00:00.000Z', events: 0 }],
    outbox: { room: unlimitedSpace, problem: noWords },
  };
  const topic = new StatusTopic({
    publisher: { publish: (_topic, payload) => void published.push(JSON.parse(payload) as StatusMessage) },
    status: { brief: () => brief },
    clock,
    logger: silentLogger(),
  });
  const change = (more: Partial<Brief>) => {
    brief = { ...brief, ...more };
  };
  return { clock, published, topic, change };
}

test('a change of the gateway’s state is published within two seconds, and nothing while nothing changes', async () => {
  const { clock, published, topic, change } = rig();
  await topic.start();
  clock.advance(3_600_000);
  expect(published).toHaveLength(1);
  const away = [{ state: 'offline', since: '2026-01-01T01:00:00.000Z', events: 7 }] as const;
  change({ uplinks: away, problems: ['the centre is not reached'] });
  clock.advance(2_000);
  expect(published.slice(1)).toMatchObject([
    {
      state: 'running',
      since: '2026-01-01T00:00:00.000Z',
      at: '2026-01-01T01:00:02.000Z',
      uplink: { connected: false, since: '2026-01-01T01:00:00.000Z', backlog: 7 },
      problems: { count: 1, worst: 'the centre is not reached' },
      outbox: { state: 'ok' },
    },
  ]);
  change({ outbox: { room: { ...unlimitedSpace, diskFull: true }, problem: words('gateway/reason.disk-full') } });
  clock.advance(2_000);
  expect(published.at(-1)).toMatchObject({ outbox: { state: 'full' } });
  await topic.stop();
  clock.advance(3_600_000);
  expect(published.slice(3)).toMatchObject([{ state: 'stopped', since: '2026-01-01T01:00:04.000Z' }]);
  expect(published.filter((one) => !fits.Check(one))).toEqual([]);
});

test('changing figures, also numbers in a problem’s words, are published once a minute', async () => {
  const { clock, published, topic, change } = rig();
  await topic.start();
  for (let events = 1; events <= 100; events++) {
    const since = '2026-01-01T00:00:00.000Z';
    change({ uplinks: [{ state: 'draining', since, events }], problems: [`${events} rows wait`] });
    clock.advance(2_000);
  }
  // at the start, the problem at once, and three minutes of figures
  expect(published.map(({ uplink }) => uplink?.backlog)).toEqual([0, 1, 31, 61, 91]);
  await topic.stop();
});

test('a consumer reads the gateway’s state when it subscribes, and hears of a clean stop; without the right it reads nothing', async () => {
  const own = await startGateway({
    devices: ['meter'],
    more: {
      consumers: [
        { id: 'lamp', subscribe: ['forpost/alarms/#'] },
        { id: 'panel', subscribe: ['forpost/status'] },
      ],
    },
  });
  let stopped = false;
  const stop = async () => {
    if (!stopped) await own.stop();
    stopped = true;
  };
  onTestFinished(stop);
  const heard = async (user: string) => {
    const messages: { readonly retained: boolean; readonly message: StatusMessage }[] = [];
    const client = await own.connect(user);
    client.on('message', (_, payload, { retain }) =>
      messages.push({ retained: retain, message: JSON.parse(payload.toString()) as StatusMessage }),
    );
    await client.subscribeAsync('forpost/status', { qos: 1 }).catch(() => undefined);
    return messages;
  };
  const lamp = await heard('lamp');
  const panel = await heard('panel');
  await vi.waitFor(() => expect(panel).toMatchObject([{ retained: true, message: { state: 'running' } }]), {
    timeout: 10_000,
  });
  expect(panel[0]?.message).toMatchObject({
    gateway: 'test-gateway',
    site: 'test-site',
    outbox: { state: 'ok' },
    problems: { count: expect.any(Number) },
  });
  expect(panel[0]?.message).not.toHaveProperty('uplink');
  await stop();
  await vi.waitFor(() => expect(panel.at(-1)).toMatchObject({ retained: false, message: { state: 'stopped' } }), {
    timeout: 10_000,
  });
  expect(panel.filter(({ message }) => !fits.Check(message))).toEqual([]);
  expect(lamp).toEqual([]);
});
