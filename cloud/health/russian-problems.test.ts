/** The problems that the page shows of the centre itself, made by the parts that meet them: none stays English in Russian. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '@forpost/shared/errors.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expectRussian } from '@forpost/shared/texts/testing/untranslated.ts';
import kafkajs from 'kafkajs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { decodeStatus } from '../gateways/status-codec.ts';
import { HttpExecutor } from '../history/clickhouse/http.ts';
import { kafkaClient, kafkaReason } from '../kafka/client.ts';
import { eventOf } from '../kafka/records.ts';
import type { Notification } from '../notify/channel.ts';
import { WebhookChannel } from '../notify/channels/webhook.ts';
import { allIsWell } from '../testing/centre.ts';
import { eventJson } from '../testing/events.ts';
import { type CentreParts, centreView } from './condition.ts';

/** What a reader of Russian sees in the bar of the page. */
function inRussian(change: Partial<CentreParts>): readonly string[] {
  const { problems, problems_i18n: messages = [] } = centreView({ ...allIsWell, ...change });
  expect(problems).not.toEqual([]);
  return problems.map((words, index) => expectRussian(messages[index], words));
}

const byKafka = (reason: string) => inRussian({ consumers: [{ state: 'connecting', reason }] });
const byHistory = (reason: string) => inRussian({ trouble: { since: 0, reason } });
const byRecord = (reason: string) => {
  const seen = { at: 0, topic: 'forpost.alerts', partition: 0, offset: '1', key: 'gw-1', reason };
  return inRussian({ poison: { count: 1, recent: [seen], earlier: [], conflict: undefined } });
};
const byChannel = (lastError: string) => {
  const channels = [{ channel: 'desk', sent: 0, failed: 0, retries: 1, queue: 1, lastError }];
  return inRussian({ notifier: { connected: true, reason: '', notifications: 1, channels } });
};
const failureOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => expect.fail('it went well'),
    (error: unknown) => messageOf(error),
  );

/** The address of a server that answers so until the test ends. */
async function serverThat(answers: RequestListener): Promise<string> {
  const server = createServer(answers);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
/** An address where nothing listens any more. */
async function nowhere(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

describe('in Russian, a problem of Kafka', () => {
  test('says which broker cannot be reached', async () => {
    const cluster = { brokers: [await nowhere()], prefix: 'forpost', development: true };
    const admin = kafkaClient(cluster, 'test', silentLogger()).admin();
    const reason = await admin.connect().then(
      () => '',
      (error: unknown) => kafkaReason(error, cluster, 0),
    );
    await admin.disconnect();
    expect(byKafka(reason).join()).toContain('ECONNREFUSED');
  });

  test.each([
    'UNKNOWN_TOPIC_OR_PARTITION: This server does not host this topic-partition',
    'SOME_LATER_CODE: The broker says something new',
  ])('the answer %s', (answer) => {
    const [type = '', text = ''] = answer.split(': ');
    const error = new kafkajs.KafkaJSProtocolError(
      Object.assign(new Error(text), { type, code: 1, retriable: true }) as never,
    );
    byKafka(kafkaReason(error, { brokers: [] }, 0));
  });
});

describe('in Russian, a problem of the history', () => {
  test('says which ClickHouse cannot be reached', async () => {
    const executor = new HttpExecutor(`http://${await nowhere()}/forpost`);
    expect(byHistory(await failureOf(executor.open())).join()).toMatch(/не отвечает.*ECONNREFUSED/);
  });

  test.each([
    'Code: 241. DB::Exception: Memory limit (total) exceeded',
    'Code: 243. DB::Exception: Cannot reserve 1 MiB, not enough space. (NOT_ENOUGH_SPACE)',
  ])('a ClickHouse that refuses: %s', async (answer) => {
    const address = await serverThat((_request, response) => response.writeHead(500).end(answer));
    const executor = new HttpExecutor(`http://${address}/forpost`);
    expect(byHistory(await failureOf(executor.open())).join()).toContain('хранилище истории');
  });
});

describe('in Russian, a refused record', () => {
  const good = JSON.parse(eventJson(1)) as object;
  test.each([
    ['no JSON', '{"specversion"'],
    ['a list', '[]'],
    ['another version', JSON.stringify({ ...good, specversion: '2.0' })],
    ['a wrong site', JSON.stringify({ ...good, site: 'A B' })],
    ['a wrong sequence', JSON.stringify({ ...good, sequence: 7 })],
    ['a wrong time', JSON.stringify({ ...good, time: 'yesterday' })],
    ['another source', JSON.stringify({ ...good, source: '/elsewhere' })],
    ['a long type', JSON.stringify({ ...good, type: 'x'.repeat(300) })],
    ['no data', JSON.stringify({ ...good, data: undefined })],
  ])('an event with %s', (_, text) => {
    const decoded = eventOf({ key: Buffer.from('gw-1'), value: Buffer.from(text), headers: {} });
    byRecord(decoded.ok ? 'it is good' : decoded.reason);
  });

  test('names the gateway of another’s event, and says that a record is empty', () => {
    for (const value of [Buffer.from(JSON.stringify(good)), null]) {
      const decoded = eventOf({ key: Buffer.from('gw-9'), value, headers: {} });
      byRecord(decoded.ok ? 'it is good' : decoded.reason);
    }
  });

  test.each(['', '[]', '{}', '{"gateway": 7}'])('a status that is %j', (text) => {
    const decoded = decodeStatus(text);
    byRecord(decoded.ok ? 'it is good' : decoded.reason);
  });
});

describe('in Russian, a problem of a channel', () => {
  const send = (url: string) =>
    failureOf(new WebhookChannel('desk', url).send({ id: '1' } as Notification, new AbortController().signal));
  test.each([
    ['fails', 500, {}],
    ['redirects', 302, { location: 'http://elsewhere.example' }],
    ['asks for a pause', 429, { 'retry-after': '30' }],
  ] as const)('a webhook that %s', async (_, status, headers) => {
    const address = await serverThat((_request, response) => response.writeHead(status, headers).end());
    expect(byChannel(await send(`http://${address}`)).join()).toContain('вебхук desk');
  });

  test('says that a webhook cannot be reached, or has no TLS', async () => {
    expect(byChannel(await send(`http://${await nowhere()}`)).join()).toContain('ECONNREFUSED');
    const address = await serverThat((_request, response) => response.end());
    expect(byChannel(await send(`https://${address}`)).join()).toContain('там нет TLS');
  });
});
