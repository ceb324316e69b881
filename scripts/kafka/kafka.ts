/**
 * A real Apache Kafka for development and tests: one node (KRaft, broker and controller), on loopback only.
 *
 *   free ── format once ──► starting ── leads every partition of its folder ──► ready ── stop, kill, its own death ──► ended
 *
 * Always: the data folder outlives the process: a start on the same folder has the same topics and records. A lone broker
 * is ready when it takes records for every topic. A broker that does not become ready is killed before the error is
 * thrown. With `setpriv` (Linux) the kernel ends the broker with the process that started it; elsewhere an orderly exit
 * of that process does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { calmRequestQueue } from '@forpost/shared/kafka/request-queue.ts';
import kafkajs, { type Kafka } from 'kafkajs';
import { sharedClasses } from './class-archive.ts';
import { defaultCacheFolder, ensureKafka } from './download.ts';
import { findJava, KafkaSetupError, runCommand } from './java.ts';
import { leadersReady } from './topics.ts';

calmRequestQueue(import.meta.url);

export { defaultCacheFolder, ensureKafka } from './download.ts';
export { type KafkaProblem, KafkaSetupError } from './java.ts';

export interface KafkaOptions {
  /** folder of the jars of `ensureKafka` */
  readonly cacheFolder?: string;
  /** records, topics and the broker's log */
  readonly dataFolder: string;
  /** 0: a free port */
  readonly port: number;
  /** absent: a free port */
  readonly controllerPort?: number;
  readonly progress?: (line: string) => void;
  /** for tests: more listeners, with TLS */
  readonly secured?: SecuredListeners;
  /** for tests: one more listener, for clients that connect through a proxy */
  readonly behind?: { readonly port: number; readonly advertisedPort: number };
  /** the broker's place in a cluster; absent: a lone broker */
  readonly cluster?: ClusterNode;
  /** MB of heap; default 512 */
  readonly heapMb?: number;
  /** more options for Java */
  readonly jvm?: readonly string[];
}

/** A broker's place in a cluster, in which each node is broker and controller. */
export interface ClusterNode {
  readonly nodeId: number;
  /** equal on all nodes: 22 letters of base64url */
  readonly clusterId: string;
  /** equal on all nodes: the controllers' ports by node id */
  readonly controllerPorts: Readonly<Record<number, number>>;
}

/** PEM files and log-ins of a broker that also listens with TLS. */
export interface SecuredListeners {
  /** the broker's certificate and key (PKCS #8), in one file */
  readonly keystore: string;
  /** the CA of clients on the mTLS listener */
  readonly clientCa: string;
  /** passwords by user, for PLAIN and for SCRAM; SCRAM users are written when the data folder is formatted */
  readonly users: Readonly<Record<string, string>>;
  /** 0: a free port */
  readonly saslPort: number;
  /** 0: a free port */
  readonly mtlsPort: number;
}

export interface RunningKafka {
  readonly brokers: string[];
  readonly port: number;
  /** ports: TLS with a log-in; TLS with a client certificate */
  readonly secured: { readonly saslPort: number; readonly mtlsPort: number } | undefined;
  readonly pid: number;
  /** file with the broker's output */
  readonly log: string;
  /** ms from the start to the first answer to a client */
  readonly startMs: number;
  /** resolves when the process has ended, for any reason */
  readonly ended: Promise<void>;
  /** SIGTERM; SIGKILL after `stopDeadlineMs`. Safe to call twice. */
  stop(): Promise<void>;
  /** SIGKILL, as a power cut would */
  kill(): Promise<void>;
}

const host = '127.0.0.1';
const readyDeadlineMs = 60_000;
const stopDeadlineMs = 10_000;
const defaultHeapMb = 512;
/** Small and quick to start: one JIT tier, the serial collector, and no figures in /tmp. */
const small = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', '-XX:-UsePerfData'];

/** Starts a broker and waits until clients can use it. @throws KafkaSetupError */
export async function startKafka(options: KafkaOptions): Promise<RunningKafka> {
  const cacheFolder = options.cacheFolder ?? defaultCacheFolder;
  const jars = await ensureKafka(cacheFolder, options.progress);
  const java = await findJava();
  const port = await claimPort(options.port);
  const controllerPort = await claimPort(options.controllerPort ?? 0);
  const secured = options.secured && {
    ...options.secured,
    saslPort: await claimPort(options.secured.saslPort),
    mtlsPort: await claimPort(options.secured.mtlsPort),
  };
  await mkdir(options.dataFolder, { recursive: true });
  const properties = join(options.dataFolder, 'server.properties');
  await writeFile(properties, serverProperties(options, port, controllerPort, secured));
  const classpath = join(jars, '*');
  // a codec unpacks its library there, and a killed broker leaves it behind
  const temporary = `-Djava.io.tmpdir=${resolve(options.dataFolder)}`;
  const jvm = [...small, temporary, ...(options.jvm ?? sharedClasses(jars))];
  await formatOnce(
    java,
    [...small, ...sharedClasses(jars), '-cp', classpath],
    options,
    properties,
    secured?.users ?? {},
  );

  const started = performance.now();
  const log = join(options.dataFolder, 'kafka.log');
  const heap = `-Xmx${options.heapMb ?? defaultHeapMb}m`;
  const child = await launch(java, ['-cp', classpath, heap, ...jvm, ...quiet, 'kafka.Kafka', properties], log);
  const pid = child.pid;
  if (pid === undefined) throw new KafkaSetupError('start-failed', 'Kafka could not be started: no process');
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  void ended.then(() => process.off('exit', endWithUs));
  try {
    await untilReady(`${host}:${port}`, child, log);
    // in a cluster a partition may have no leader until another broker starts
    if (options.cluster === undefined) await untilLeading(`${host}:${port}`, options.dataFolder, log);
  } catch (error) {
    await kill();
    throw error;
  }
  return {
    brokers: [`${host}:${port}`],
    port,
    secured: secured && { saslPort: secured.saslPort, mtlsPort: secured.mtlsPort },
    pid,
    log,
    startMs: Math.round(performance.now() - started),
    ended,
    kill,
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
      await ended;
      clearTimeout(late);
    },
  };
}

/** slf4j-simple: errors and warnings only, to the log file */
const quiet = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true'];

function serverProperties(
  { dataFolder, behind, cluster }: KafkaOptions,
  port: number,
  controllerPort: number,
  secured: SecuredListeners | undefined,
): string {
  const plain = `PLAINTEXT://${host}:${port}`;
  const withTls =
    secured === undefined ? [] : [`SASL://${host}:${secured.saslPort}`, `MTLS://${host}:${secured.mtlsPort}`];
  const listeners = [plain, ...withTls, ...(behind === undefined ? [] : [`BEHIND://${host}:${behind.port}`])];
  const advertised = [
    plain,
    ...withTls,
    ...(behind === undefined ? [] : [`BEHIND://${host}:${behind.advertisedPort}`]),
  ];
  const voters = Object.entries(cluster?.controllerPorts ?? { 1: controllerPort });
  const replicas = voters.length;
  return `${[
    'process.roles=broker,controller',
    `node.id=${cluster?.nodeId ?? 1}`,
    `controller.quorum.voters=${voters.map(([id, at]) => `${id}@${host}:${at}`).join(',')}`,
    `listeners=${[...listeners, `CONTROLLER://${host}:${controllerPort}`].join(',')}`,
    `advertised.listeners=${advertised.join(',')}`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,BEHIND:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MTLS:SSL',
    ...(secured === undefined ? [] : securedProperties(secured)),
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    `log.dirs=${join(dataFolder, 'records')}`,
    `offsets.topic.replication.factor=${replicas}`,
    'offsets.topic.num.partitions=4',
    `transaction.state.log.replication.factor=${replicas}`,
    'transaction.state.log.min.isr=1',
    `share.coordinator.state.topic.replication.factor=${replicas}`,
    'share.coordinator.state.topic.min.isr=1',
    'auto.create.topics.enable=false',
    'group.initial.rebalance.delay.ms=0',
    // records get the broker's time: a gateway's clock may say 1970 (instant retention) or 2099 (refused, KIP-937)
    'log.message.timestamp.type=LogAppendTime',
    // a killed broker can return only after its old session has ended: 9 s by default
    'broker.session.timeout.ms=3000',
    'broker.heartbeat.interval.ms=500',
  ].join('\n')}\n`;
}

function securedProperties({ keystore, clientCa, users }: SecuredListeners): readonly string[] {
  const security = 'org.apache.kafka.common.security';
  const scram = `${security}.scram.ScramLoginModule required;`;
  const plain = Object.entries(users).map(([user, password]) => ` user_${user}="${password}"`);
  return [
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${keystore}`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${clientCa}`,
    'listener.name.mtls.ssl.client.auth=required',
    'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    `listener.name.sasl.plain.sasl.jaas.config=${security}.plain.PlainLoginModule required${plain.join('')};`,
    `listener.name.sasl.scram-sha-256.sasl.jaas.config=${scram}`,
    `listener.name.sasl.scram-sha-512.sasl.jaas.config=${scram}`,
  ];
}

async function formatOnce(
  java: string,
  jvm: readonly string[],
  { dataFolder, cluster }: KafkaOptions,
  properties: string,
  users: Readonly<Record<string, string>>,
): Promise<void> {
  if (existsSync(join(dataFolder, 'records', 'meta.properties'))) return;
  // one argument, because an id may begin with a dash
  const id = `--cluster-id=${cluster?.clusterId ?? randomBytes(16).toString('base64url')}`;
  const scram = Object.entries(users).flatMap(([user, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((how) => ['--add-scram', `${how}=[name=${user},password=${password}]`]),
  );
  const tool = [...jvm, ...quiet, 'kafka.tools.StorageTool', 'format', id, '-c', properties, ...scram];
  const { code, output } = await runCommand(java, tool, 60_000);
  if (code !== 0)
    throw new KafkaSetupError('start-failed', `Kafka could not format ${dataFolder} (${code}): ${output.trim()}`);
}

/** Runs under `setpriv --pdeathsig` where installed: same process id, and the kernel ends it with its parent. */
async function launch(java: string, args: readonly string[], log: string): Promise<ChildProcess> {
  const tied = process.platform === 'linux' && (await runCommand('setpriv', ['--version'], 5_000)).code === 0;
  const [command, all] = tied ? ['setpriv', ['--pdeathsig', 'KILL', java, ...args]] : [java, [...args]];
  const file = openSync(log, 'a');
  try {
    return spawn(command, all, { stdio: ['ignore', file, file] });
  } finally {
    closeSync(file);
  }
}

/** `port`, or a free one for 0. @throws KafkaSetupError port-taken */
function claimPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new KafkaSetupError(
          'port-taken',
          `Kafka cannot listen on ${host}:${port} (${error.code}): end what uses it, or choose another port`,
          { cause: error },
        ),
      ),
    );
    probe.listen(port, host, () => {
      const address = probe.address();
      const chosen = typeof address === 'object' && address !== null ? address.port : port;
      probe.close(() => resolve(chosen));
    });
  });
}

/** Asks for the topics until the broker answers, the process ends, or the deadline passes. */
async function untilReady(broker: string, child: ChildProcess, log: string): Promise<void> {
  const give = AbortSignal.timeout(readyDeadlineMs);
  while (!give.aborted) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new KafkaSetupError('start-failed', `Kafka ended while starting: ${await lastLines(log)}`);
    if (await answers(broker)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new KafkaSetupError(
    'start-failed',
    `Kafka was not ready within ${readyDeadlineMs / 1000} s: ${await lastLines(log)}`,
  );
}

/** After a restart a broker answers before it leads its partitions: waits for that. @throws KafkaSetupError */
async function untilLeading(broker: string, dataFolder: string, log: string): Promise<void> {
  const partitions = (await readdir(join(dataFolder, 'records')))
    .map((folder) => /^(.+)-\d+$/.exec(folder)?.[1])
    .filter((topic) => topic !== undefined && topic !== '__cluster_metadata');
  const topics = [...new Set(partitions)].filter((topic) => topic !== undefined);
  const counts = Object.fromEntries(topics.map((topic) => [topic, partitions.filter((one) => one === topic).length]));
  await leadersReady(impatientClient(broker), topics, counts).catch(async (cause: unknown) => {
    throw new KafkaSetupError('start-failed', `Kafka does not lead its partitions: ${await lastLines(log)}`, { cause });
  });
}

function impatientClient(broker: string): Kafka {
  return new kafkajs.Kafka({
    brokers: [broker],
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
  });
}

async function answers(broker: string): Promise<boolean> {
  const admin = impatientClient(broker).admin();
  try {
    await admin.connect();
    await admin.listTopics();
    return (await admin.describeCluster()).brokers.length > 0;
  } catch {
    // the caller asks again until its deadline
    return false;
  } finally {
    await admin.disconnect();
  }
}

async function lastLines(log: string): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return `${text.trim().split('\n').slice(-3).join(' | ') || 'its log is empty'} (${log})`;
}
