/**
 * The list of alarms beside a flood: 500,000 open alarms of one gateway and 10,000 of twenty others, inserted by
 * `ClickHouseHistory.insert` into the embedded ClickHouse. The counts must be right, and the list quick.
 *
 * The raw limit in the same run: the time of one full scan of the same projection by the engine.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { ClickHouseHistory } from '../../cloud/history/clickhouse/clickhouse-history.ts';
import { EmbeddedExecutor } from '../../cloud/history/clickhouse/embedded.ts';
import { alertEvent } from '../../cloud/notify/testing/recording-channel.ts';
import { createReport, percentile, type Report } from '../../scripts/report.ts';
import { type BenchOptions, say } from './options.ts';

const others = 10_000;
const otherGateways = 20;
const batch = 20_000;
const limit = 1_000;

export async function alarmList({ events = 500_000, runs = 15 }: BenchOptions): Promise<Report> {
  const report = createReport('alarm-list').samples(runs);
  const folder = await mkdtemp(join(tmpdir(), 'forpost-alarms-'));
  const executor = new EmbeddedExecutor(folder);
  const history = new ClickHouseHistory({ executor, clock: systemClock, logger: silentLogger() });
  await history.start();
  try {
    const began = performance.now();
    for (let from = 0; from < events + others; from += batch) {
      const size = Math.min(batch, events + others - from);
      await history.insert(Array.from({ length: size }, (_, i) => alarmOf(from + i)));
    }
    const filled = performance.now() - began;
    say(`${events + others} alarms stored in ${Math.round(filled / 1000)} s`);
    const times: number[] = [];
    let listed = await history.alarms(0, limit);
    for (let run = 0; run < runs; run++) {
      const asked = performance.now();
      listed = await history.alarms(0, limit);
      times.push(performance.now() - asked);
    }
    const scans: number[] = [];
    for (let run = 0; run < runs; run++) {
      const asked = performance.now();
      await executor.query('SELECT count(), max(time_ms), sum(urgency) FROM alarm_states FINAL WHERE kind = 0', {});
      scans.push(performance.now() - asked);
    }
    const share = Math.floor(limit / (otherGateways + 1));
    const ofOthers = listed.alarms.filter(({ gateway }) => gateway !== 'flood');
    const flooded = listed.alarms.find(({ gateway }) => gateway === 'flood')?.openOfGateway ?? 0;
    report
      .metric('list_p50_ms', percentile(times, 50))
      .metric('list_p99_ms', percentile(times, 99))
      .metric('stored_per_s', ((events + others) / filled) * 1000)
      .metric('open', listed.open)
      .metric('open_of_flood', flooded)
      .metric('listed_of_others', ofOthers.length)
      .peer('scan_of_the_projection', { scan_p50_ms: percentile(scans, 50) });
    return report
      .goal('list_p50_ms', '<=', 500)
      .goal('open', '>=', events + others)
      .goal('open', '<=', events + others)
      .goal('open_of_flood', '>=', events)
      .goal('listed_of_others', '>=', share * otherGateways);
  } finally {
    await history.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The first alarms belong to the other gateways. */
function alarmOf(n: number): ForpostEvent {
  const gateway = n < others ? `gw-${n % otherGateways}` : 'flood';
  const severity = n < others ? 'warning' : 'critical';
  const alarm = `gate-${n % 977}/camera-${n}/-/${n}`;
  const event = alertEvent(n + 1, { alarm, severity }, { received: Date.UTC(2026, 10, 1) + n });
  return { ...event, gateway, id: `${gateway}/e1/alerts/${n + 1}` } as ForpostEvent;
}
