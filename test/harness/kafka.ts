/** A test's own Kafka: one broker that can be stopped, killed, frozen and restarted with its data, or several brokers. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KafkaOptions, type RunningKafka, startKafka } from '../../scripts/kafka/kafka.ts';
import { freePorts } from './ports.ts';
import { noteProcess } from './process.ts';

export interface TestKafkaOptions {
  /** a folder that its owner keeps; default: a temporary one, removed at the end */
  readonly folder?: string;
  /** for clients behind a proxy with this port: they use `behind` */
  readonly advertisedPort?: number;
  readonly heapMb?: number;
}

export class TestKafka {
  readonly brokers: readonly string[];
  /** host:port of the listener behind the proxy, if there is one */
  readonly behind: { readonly port: number; readonly advertisedPort: number } | undefined;
  readonly #options: KafkaOptions;
  readonly #temporary: boolean;
  #running: RunningKafka | undefined;

  private constructor(options: KafkaOptions, temporary: boolean) {
    this.#options = options;
    this.#temporary = temporary;
    this.brokers = [`127.0.0.1:${options.port}`];
    this.behind = options.behind;
  }

  static async start({ folder, advertisedPort, heapMb }: TestKafkaOptions = {}): Promise<TestKafka> {
    const dataFolder = folder ?? (await mkdtemp(join(tmpdir(), 'forpost-kafka-')));
    const [port = 0, controllerPort = 0, behindPort = 0] = await freePorts(3);
    const kafka = new TestKafka(
      {
        dataFolder,
        port,
        controllerPort,
        ...(advertisedPort === undefined ? {} : { behind: { port: behindPort, advertisedPort } }),
        ...(heapMb === undefined ? {} : { heapMb }),
      },
      folder === undefined,
    );
    await kafka.start();
    return kafka;
  }

  /** `count` brokers of one cluster, started side by side. */
  static async cluster(count: number, folder: string, heapMb: number): Promise<readonly TestKafka[]> {
    const ports = await freePorts(2 * count);
    const ids = Array.from({ length: count }, (_, i) => i + 1);
    const controllerPorts = Object.fromEntries(ids.map((id) => [id, ports[count + id - 1] ?? 0]));
    const clusterId = randomBytes(16).toString('base64url');
    const brokers = ids.map(
      (nodeId) =>
        new TestKafka(
          {
            dataFolder: join(folder, `broker-${nodeId}`),
            port: ports[nodeId - 1] ?? 0,
            controllerPort: controllerPorts[nodeId] ?? 0,
            cluster: { nodeId, clusterId, controllerPorts },
            heapMb,
          },
          false,
        ),
    );
    const started = await Promise.allSettled(brokers.map((broker) => broker.start()));
    const failed = started.find((one) => one.status === 'rejected');
    if (failed === undefined) return brokers;
    await Promise.all(brokers.map((broker) => broker.kill()));
    throw failed.reason;
  }

  async start(): Promise<void> {
    const running = await startKafka(this.#options);
    this.#running = running;
    noteProcess(running.pid, 'kafka', running.ended);
  }

  get pid(): number | undefined {
    return this.#running?.pid;
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
  }

  async kill(): Promise<void> {
    await this.#running?.kill();
  }

  /** Freezes the broker: it keeps its connections and answers nothing, until `thaw`. */
  freeze(): void {
    if (this.#running !== undefined) process.kill(this.#running.pid, 'SIGSTOP');
  }

  thaw(): void {
    if (this.#running !== undefined) process.kill(this.#running.pid, 'SIGCONT');
  }

  /** Ends it, and removes a temporary folder of its own. */
  async remove(): Promise<void> {
    await this.stop();
    if (this.#temporary) await rm(this.#options.dataFolder, { recursive: true, force: true });
  }
}
