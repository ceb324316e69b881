/**
 * A gateway whose clock says 1970 or 2099, and that no time service has set: it runs the centre's commands while they are valid
 * by the centre's own time, and not afterwards.
 */
import { createPrivateKey, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { sealCommand } from '@forpost/shared/event/command.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { partitionOf } from '@forpost/shared/event/topics.ts';
import { expect, onTestFinished, test } from 'vitest';
import { testClient } from '../../scripts/kafka/testing.ts';
import { allEvents, TestSite, until } from '../harness/site.ts';
import { wrongClock } from '../harness/wrong-clock.ts';

const gatewayId = 'test-gateway';
const path = `/api/v1/gateways/${gatewayId}/commands`;

test.for(['kafka', 'http'] as const)(
  'a command over %s holds as long as the centre says, in 1970 and in 2099',
  async (uplink, { skip }) => {
    const clock = await wrongClock().catch(messageOf);
    if (typeof clock === 'string') return skip(clock);
    await clock.setYear(1970);
    const site = await TestSite.start({
      devices: ['meter'],
      uplink,
      rules: [{ id: 'over', kind: 'threshold', device: 'meter', metric: 'power_w', above: 5000 }],
      gatewayEnv: clock.env,
    });
    onTestFinished(() => site.stop());
    for (const year of [1970, 2099]) {
      await clock.setYear(year);
      const { clock: quality, at } = await site.local<{ clock: string; at: string }>('/api/v1/status');
      expect([quality, at.slice(0, 4)]).toEqual(['unsynced', String(year)]);
      const late = randomUUID();
      if (uplink === 'kafka') await expiredCommand(site, late);
      const { id } = await until('the centre knows the gateway', () =>
        site.post<{ id: string }>(path, { kind: 'ping' }),
      );
      await until('the command is applied', async () => {
        const { commands } = await site.api<{ commands: { id: string; state: string }[] }>(path);
        return commands.find((one) => one.id === id)?.state === 'applied';
      });
      const results = await allEvents(site, 'type=forpost.command.result.v1');
      expect(results.filter(({ data }) => data.command === late).map(({ data }) => data.outcome)).toEqual(
        uplink === 'kafka' ? ['expired'] : [],
      );
    }
  },
);

/** A command signed by the centre's own key that expired a minute ago, as after a long absence of the site. */
async function expiredCommand(site: TestSite, id: string): Promise<void> {
  const key = createPrivateKey(await readFile(join(site.folder, 'centre', 'command-key.pem')));
  const now = Date.now();
  const times = { issued: rfc3339(now - 120_000), expires: rfc3339(now - 60_000) };
  const value = sealCommand(
    { id, gateway: asId(gatewayId), kind: 'ping', arguments: {}, author: 'admin', ...times },
    key,
  );
  const client = testClient(site.brokers);
  const admin = client.admin();
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata({ topics: ['forpost.commands'] });
  await admin.disconnect();
  const partition = partitionOf(gatewayId, topics[0]?.partitions.length ?? 1);
  const producer = client.producer();
  await producer.connect();
  await producer.send({ topic: 'forpost.commands', messages: [{ key: gatewayId, value, partition }] });
  await producer.disconnect();
}
