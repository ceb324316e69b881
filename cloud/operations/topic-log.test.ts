/** The audit of viewings with a real Kafka: the picture is shown only after the record is written. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { systemClock } from '@forpost/shared/clock.ts';
import { registerProblems } from '@forpost/shared/http/problem.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import Fastify from 'fastify';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { readTopic, startTestKafka, type TestKafka } from '../../scripts/kafka/testing.ts';
import { EvidenceAudit } from '../evidence/audit.ts';
import { EvidenceDepot } from '../evidence/depot.ts';
import { addFileRoute } from '../evidence/routes.ts';
import { ensureTopics } from '../kafka/topics.ts';
import { TopicOperationsLog } from './topic-log.ts';

const logger = silentLogger();
let kafka: TestKafka;
beforeAll(async () => {
  kafka = await startTestKafka();
}, 90_000);
afterAll(() => kafka.remove());

async function rig() {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-looks-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const cluster = { brokers: kafka.brokers, prefix: 'forpost', development: true };
  // a topic that has just been made has no leader for a moment
  const made = () =>
    ensureTopics(kafka.client, cluster, logger).then(
      () => true,
      () => false,
    );
  await expect.poll(made, { timeout: 30_000 }).toBe(true);
  const depot = new EvidenceDepot({ folder, clock: systemClock, logger });
  await depot.start();
  const operations = new TopicOperationsLog(cluster, systemClock, logger);
  await operations.start();
  onTestFinished(() => operations.stop());
  const app = Fastify();
  onTestFinished(() => app.close());
  registerProblems(app);
  const audit = new EvidenceAudit(operations, systemClock, logger);
  const anna = { person: () => 'anna', session: () => undefined };
  addFileRoute(app.withTypeProvider<TypeBoxTypeProvider>(), anna, depot, audit);
  /** a picture that has come from its gateway */
  const picture = async (name: string) => {
    const bytes = Buffer.from(`picture ${name}`);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const item = { gateway: 'gw-1', evidence: '00000000000000aa', sha256, size: bytes.length };
    await depot.request({ ...item, media: 'image/jpeg', alarm: 'gate/yard/-/1', by: 'anna' });
    await depot.receivePart('gw-1', sha256, 0, bytes.length, bytes);
    return { sha256, bytes, address: `/api/v1/gateways/gw-1/evidence/${sha256}` };
  };
  return { app, picture };
}

test('a view of a picture is a record of the operations topic; while Kafka cannot be reached, no picture is shown, and the answer says why', async () => {
  const { app, picture } = await rig();
  const first = await picture('one');
  const shown = await app.inject(first.address);
  expect([shown.statusCode, shown.rawPayload]).toEqual([200, first.bytes]);
  const records = await readTopic(kafka.client, 'forpost.operations');
  expect(records).toHaveLength(1);
  const [{ message }] = records as [(typeof records)[number]];
  expect(String(message.key)).toBe('gw-1/gate/yard/-/1');
  expect(JSON.parse(String(message.value))).toMatchObject({
    specversion: '1.0',
    type: 'forpost.operation.v1',
    subject: 'gate/yard/-/1',
    data: { operation: 'evidence-viewed', by: 'anna', gateway: 'gw-1', sha256: first.sha256 },
  });

  await kafka.kill();
  const second = await picture('two');
  const refused = await app.inject(second.address);
  expect(refused.statusCode).toBe(503);
  expect(refused.headers['retry-after']).toBeDefined();
  expect((refused.json() as { detail: string }).detail).toMatch(
    /written down before the picture is shown.*Kafka.*try again/,
  );
  // the first viewing is recorded already, so its clip plays on
  expect((await app.inject({ url: first.address, headers: { range: 'bytes=0-3' } })).statusCode).toBe(206);

  await kafka.restart();
  await expect.poll(async () => (await app.inject(second.address)).statusCode, { timeout: 60_000 }).toBe(200);
  const all = await readTopic(kafka.client, 'forpost.operations');
  const looked = all.map(({ message: { value } }) => (JSON.parse(String(value)) as { data: { sha256: string } }).data);
  expect(new Set(looked.map(({ sha256 }) => sha256))).toEqual(new Set([first.sha256, second.sha256]));
});
