/**
 * Shared parts of fault runs, because they are slow to start: one Kafka, the centre, and the network between a gateway and Kafka
 * (a proxy). Each run has a gateway of its own.
 *
 *   gateway ──► proxy ──► Kafka («behind» listener, which advertises the proxy's port)
 *   centre ─────────────► Kafka (plain listener)
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Releasers } from '@forpost/shared/lifecycle.ts';
import { TestCentre } from '../harness/centre.ts';
import { TestKafka } from '../harness/kafka.ts';
import { freePorts } from '../harness/ports.ts';
import { TcpProxy } from '../harness/proxy.ts';

export interface SettingOptions {
  /** environment of the centre's process, for known mistakes */
  readonly centreEnv?: NodeJS.ProcessEnv | undefined;
}

const heapMb = 384;

export class FaultSetting {
  readonly folder: string;
  readonly kafka: TestKafka;
  readonly centre: TestCentre;
  /** between the gateways and Kafka */
  readonly link: TcpProxy;
  readonly #releasers: Releasers;

  private constructor(
    folder: string,
    parts: { kafka: TestKafka; centre: TestCentre; link: TcpProxy },
    releasers: Releasers,
  ) {
    this.folder = folder;
    this.kafka = parts.kafka;
    this.centre = parts.centre;
    this.link = parts.link;
    this.#releasers = releasers;
  }

  static async start({ centreEnv }: SettingOptions = {}): Promise<FaultSetting> {
    const folder = await mkdtemp(join(tmpdir(), 'forpost-faults-'));
    const releasers = new Releasers();
    try {
      const [advertisedPort = 0, centrePort = 0] = await freePorts(2);
      const kafka = await TestKafka.start({ folder: join(folder, 'kafka'), advertisedPort, heapMb });
      releasers.add('kafka', () => kafka.stop());
      const link = await TcpProxy.start(advertisedPort, () => kafka.behind?.port ?? 0);
      releasers.add('link', () => link.stop());
      const centre = await TestCentre.start(folder, centrePort, {
        kafka: { brokers: kafka.brokers, development: true },
        env: centreEnv,
        logFile: join(folder, 'centre.log'),
      });
      releasers.add('centre', () => centre.stop());
      return new FaultSetting(folder, { kafka, centre, link }, releasers);
    } catch (error) {
      await releasers.releaseAll(say);
      throw error;
    }
  }

  /** The brokers' addresses for gateways. */
  get brokersForGateways(): readonly string[] {
    return [`127.0.0.1:${this.link.port}`];
  }

  /** Restarts whatever an earlier run stopped, and heals the network. */
  async recover(): Promise<void> {
    this.link.heal();
    if (!this.centre.running) await this.centre.start();
  }

  /** `keep`: keeps the folder with the logs. */
  async stop(keep = false): Promise<void> {
    await this.#releasers.releaseAll(say);
    if (!keep) await rm(this.folder, { recursive: true, force: true });
  }
}

function say(name: string, problem: unknown): void {
  process.stderr.write(`${name}: ${problem}\n`);
}
