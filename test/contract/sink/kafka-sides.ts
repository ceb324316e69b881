/** Kafka: one broker with every kind of listener, and topics of its own for each side. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, vi } from 'vitest';
import { ensureTopics } from '../../../cloud/kafka/topics.ts';
import { kafkaSink } from '../../../edge/uplink/sinks/kafka/kafka.ts';
import type { KafkaSinkConfig } from '../../../edge/uplink/sinks/kafka/settings.ts';
import { makeCertificates, type TestCertificates } from '../../../scripts/kafka/certificates.ts';
import { readTopic, startTestKafka, type TestKafka } from '../../../scripts/kafka/testing.ts';
import { leadersReady } from '../../../scripts/kafka/topics.ts';
import { replayHeader } from '../../../shared/event/codec.ts';
import type { GatewayStatus } from '../../../shared/event/status.ts';
import type { KafkaLogin } from '../../../shared/kafka/security.ts';
import { silentLogger } from '../../../shared/logging.ts';
import { context, type OtherSide } from './other-side.ts';

const password = 'the-password-of-gw-1';

interface SharedKafka {
  readonly broker: TestKafka;
  readonly pem: TestCertificates;
}

let shared: Promise<SharedKafka> | undefined;

/** The broker of all sides; the first call starts it. */
export function sharedKafka(): Promise<SharedKafka> {
  shared ??= startShared();
  return shared;
}

async function startShared(): Promise<SharedKafka> {
  const pem = await makeCertificates();
  const users = { 'gw-1': password };
  const broker = await startTestKafka({ keystore: pem.keystore, clientCa: pem.ca, users, saslPort: 0, mtlsPort: 0 });
  return { broker, pem };
}

/** Ends the broker, where one was started. Call it after all tests. */
export async function removeSharedKafka(): Promise<void> {
  if (shared === undefined) return;
  const { broker, pem } = await shared;
  await broker.remove();
  await pem.remove();
}

/** A sink that writes topics with this prefix, connected as `connection` says. */
export async function kafkaSide(
  prefix: string,
  connection: (kafka: SharedKafka) => Pick<KafkaSinkConfig, 'brokers' | 'tls' | 'sasl'>,
): Promise<OtherSide> {
  const { broker, pem } = await sharedKafka();
  const cluster = { brokers: broker.brokers, prefix, development: true };
  await leadersReady(broker.client, (await ensureTopics(broker.client, cluster, silentLogger())).created);
  const config: KafkaSinkConfig = { kind: 'kafka', prefix, ...connection({ broker, pem }) };
  return {
    sink: kafkaSink(config, context('kafka', { password })),
    lost: kafkaSink({ ...config, brokers: ['127.0.0.1:9'] }, context('lost', { password })),
    async arrived(lane) {
      const records = await readTopic(broker.client, `${prefix}.${lane}`);
      return records.map(({ message }) => String(message.value));
    },
    async replayed(lane) {
      const records = await readTopic(broker.client, `${prefix}.${lane}`);
      return records.flatMap(({ message }) =>
        String(message.headers?.[replayHeader]) === '1' ? [String(message.value)] : [],
      );
    },
    async statuses() {
      const records = await readTopic(broker.client, `${prefix}.status`);
      return records.map(({ message }) => JSON.parse(String(message.value)) as GatewayStatus);
    },
    freeze: () => stopProcess(broker.pid),
    thaw: () => process.kill(broker.pid, 'SIGCONT'),
    // other sides use the broker too
    stop: async () => {},
  };
}

/** Stops a process; resolves when each of its threads has stopped: until then it could still answer a request. */
async function stopProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const states = () =>
    readdirSync(`/proc/${pid}/task`).map((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .charAt(0),
    );
  await vi.waitFor(() => expect(new Set(states())).toEqual(new Set(['T'])), { timeout: 20_000, interval: 5 });
}

export const plainSide = () => kafkaSide('forpost', ({ broker }) => ({ brokers: broker.brokers }));
/** Dead brokers stand first in the configured list. */
export const deadFirstSide = () =>
  kafkaSide('dead-first', ({ broker }) => ({ brokers: ['127.0.0.1:9', '127.0.0.1:10', ...broker.brokers] }));
export const loginSide = (mechanism: KafkaLogin['mechanism']) =>
  kafkaSide(mechanism, ({ broker, pem }) => ({
    brokers: [`127.0.0.1:${broker.secured!.saslPort}`],
    tls: { ca: pem.ca },
    sasl: { mechanism, user: 'gw-1' },
  }));
export const certificateSide = () =>
  kafkaSide('mtls', ({ broker, pem }) => ({
    brokers: [`127.0.0.1:${broker.secured!.mtlsPort}`],
    tls: { ca: pem.ca, ...pem.client },
  }));
