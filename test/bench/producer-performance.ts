/** Kafka's own load generator, from the jars of the development Kafka: the peer of the drain. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureKafka } from '../../scripts/kafka/download.ts';
import { findJava, runCommand } from '../../scripts/kafka/java.ts';
import { testClient } from '../../scripts/kafka/testing.ts';
import { createTopics } from '../../scripts/kafka/topics.ts';

export type ProducerLoad = { readonly brokers: readonly string[]; readonly records: number } & (
  | { /** bytes of random letters */ readonly recordSize: number; readonly payloads?: undefined }
  | { /** sent as they are, in any order, with zstd */ readonly payloads: readonly string[] }
);

export interface ProducerFigures {
  readonly recordsPerSecond: number;
  readonly p99Ms: number;
}

const withinMs = 600_000;

/** One run into a new topic of one partition. @throws Error with the tool's output when it prints no figure */
export async function producerPerformance(load: ProducerLoad): Promise<ProducerFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-producer-'));
  try {
    const topic = `producer-performance-${load.payloads === undefined ? 'plain' : 'zstd'}`;
    await createTopics(testClient(load.brokers), [{ topic, numPartitions: 1, replicationFactor: 1 }]);
    const args = ['--topic', topic, '--num-records', String(load.records), '--throughput', '-1'];
    const properties = [`bootstrap.servers=${load.brokers.join(',')}`, 'acks=all'];
    if (load.payloads === undefined) args.push('--record-size', String(load.recordSize));
    else {
      const file = join(folder, 'payloads');
      await writeFile(file, load.payloads.join('\n'));
      args.push('--payload-file', file);
      properties.push('compression.type=zstd');
    }
    const tool = 'org.apache.kafka.tools.ProducerPerformance';
    const classpath = join(await ensureKafka(), '*');
    const all = ['-cp', classpath, '-Xmx512m', tool, ...args, '--producer-props', ...properties];
    const { code, output } = await runCommand(await findJava(), all, withinMs);
    return figuresIn(output, code);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** From its last line: "1000 records sent, 1234.5 records/sec (1.20 MB/sec), 3.2 ms avg latency, … 9 ms 99th, …" */
function figuresIn(output: string, code: number | string): ProducerFigures {
  const last = [...output.matchAll(/records sent, ([\d.]+) records\/sec .* (\d+) ms 99th,/g)].at(-1);
  if (last === undefined) throw new Error(`ProducerPerformance ended with ${code}: ${output.trim().slice(-1000)}`);
  return { recordsPerSecond: Number(last[1]), p99Ms: Number(last[2]) };
}
