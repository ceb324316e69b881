/**
 * Memory of a gateway without vision: 50 devices together publish 2,000 readings a second (QoS 1), each of which is committed
 * and sent to a real Kafka, for a minute or, by hand, for an hour. Samples resident memory once a second after a warm-up.
 *
 * The verdict: `resident_mb` is the largest sample. «Flat» means that the line of least squares through the samples rises by
 * at most 5 MB in the measured time. Only a run of an hour (`--minutes 60`) proves that for an hour; a minute finds only a
 * fast leak. The outbox's limit is low, so that an hour includes the deletion of delivered events.
 *
 * The raw limit in the same run: a bare Node with the same broker library and two idle threads, before and under the same
 * load.
 */
import { join } from 'node:path';
import { createReport, percentile, type Report, slope } from '../../scripts/report.ts';
import { freePorts } from '../harness/ports.ts';
import { root, TestProcess } from '../harness/process.ts';
import { TestSite, testPassword } from '../harness/site.ts';
import { allDevices, quietRules } from './devices.ts';
import { type LoadClient, type LoadResult, mqttLoad } from './mqtt-load.ts';
import { type BenchOptions, say } from './options.ts';
import { residentMb } from './resident.ts';

const payload = '{"values":{"power_w":512.3,"energy_wh":1048576,"voltage_v":229.4}}';
const perSecond = 2000;
const warmUpMs = 20_000;
const sampleEveryMs = 1000;
const bareMs = 15_000;
const flatMb = 5;
const outboxBytes = 256 * 2 ** 20;

interface Held {
  readonly load: LoadResult;
  /** MB, one each second */
  readonly samples: readonly number[];
}

export async function memory({ minutes = 1 }: BenchOptions): Promise<Report> {
  const report = createReport('memory');
  const { load, samples } = await gateway(minutes * 60_000);
  const risePerSample = slope(samples);
  const latencies = [...load.latencies];
  report
    .samples(samples.length)
    .metric('resident_mb', Math.max(...samples))
    .metric('resident_p50_mb', percentile(samples, 50))
    .metric('growth_mb', risePerSample * (samples.length - 1))
    .metric('growth_mb_per_h', (risePerSample * 3_600_000) / sampleEveryMs)
    .metric('acks_per_s', load.acknowledged / (load.measuredMs / 1000))
    .metric('ack_p99_ms', percentile(latencies, 99))
    .metric('missing', load.unanswered);
  report.peer('bare_node_with_two_threads', await bareNode());
  return report.goal('resident_mb', '<=', 150).goal('growth_mb', '<=', flatMb).goal('missing', '=', 0);
}

async function gateway(measuredMs: number): Promise<Held> {
  const site = await TestSite.start({
    devices: allDevices,
    rules: quietRules,
    extraInstallation: { outbox: { max_bytes: outboxBytes } },
  });
  try {
    // the centre has made the topics; on a site it is another machine
    await site.centre?.stop();
    const clients = allDevices.map((id) => ({ id, topic: topicOf(id), username: id, password: testPassword }));
    return await held(site.gateway?.pid ?? 0, site.mqttPort, clients, warmUpMs, measuredMs);
  } finally {
    await site.stop();
  }
}

async function bareNode(): Promise<Record<string, number>> {
  const [port = 0] = await freePorts(1);
  const node = await TestProcess.start('bare node', [join(root, 'test/bench/bare-node.mjs'), String(port)]);
  try {
    const idle = await residentMb(node.pid);
    const clients = allDevices.map((id) => ({ id, topic: topicOf(id) }));
    const { samples } = await held(node.pid, port, clients, bareMs / 3, bareMs);
    return { idle_resident_mb: idle, resident_mb: Math.max(...samples) };
  } finally {
    await node.stop();
  }
}

/** Samples the memory of process `pid` under load, after the warm-up. */
async function held(
  pid: number,
  port: number,
  clients: readonly LoadClient[],
  loadWarmUpMs: number,
  measuredMs: number,
): Promise<Held> {
  const samples: number[] = [];
  const began = performance.now();
  const look = setInterval(() => {
    const ms = performance.now() - began - loadWarmUpMs;
    if (ms < 0 || ms > measuredMs) return;
    void residentMb(pid).then((mb) => {
      samples.push(mb);
      if (samples.length % 60 === 1) say(`${Math.round(ms / 1000)} s: ${mb.toFixed(1)} MB`);
    });
  }, sampleEveryMs);
  try {
    const load = await mqttLoad({ port, clients, payload, pace: { perSecond }, warmUpMs: loadWarmUpMs, measuredMs });
    return { load, samples };
  } finally {
    clearInterval(look);
  }
}

function topicOf(id: string): string {
  return `forpost/devices/${id}/readings`;
}
