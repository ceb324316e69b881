/**
 * `npm run faults -- --fuzz-packets MINUTES [--seed N]` and `npm run faults -- --hostile-packets [--runs SAMPLES]`: wild and
 * hostile clients against a real gateway; one JSON document as the last line of standard output. FORPOST_REALTIME=1 keeps other
 * programs of the machine out of the times (harness/realtime.ts).
 */
import { createReport } from '../../../scripts/report.ts';
import { goRealtime } from '../../harness/realtime.ts';
import { attacks, costOf } from './attacks.ts';
import { fuzz } from './fuzz.ts';
import { attackedSite } from './site.ts';

const minuteMs = 60_000;
const say = (text: string) => process.stderr.write(`${text}\n`);

/** @returns the exit status: 1 when a goal is missed */
export async function fuzzReport(minutes: number, firstSeed: number): Promise<0 | 1> {
  const report = createReport('fuzz-packets');
  const site = await attackedSite();
  try {
    const result = await fuzz(site, { firstSeed, ms: minutes * minuteMs, onProgress: say });
    const { seeds, served, longestMs, heapBeforeMb, heapAfterMb } = result;
    report.samples(seeds).metric('seeds', seeds).metric('deaths', 0);
    report.metric('neighbour_acknowledged', served).metric('neighbour_longest_ms', longestMs);
    report.metric('heap_before_mb', heapBeforeMb).metric('heap_after_mb', heapAfterMb);
    report.metric('heap_growth_mb', heapAfterMb - heapBeforeMb);
    report.goal('deaths', '<=', 0).goal('heap_growth_mb', '<=', 5);
  } finally {
    await site.stop();
  }
  return report.print();
}

/** @returns the exit status: 1 when a goal is missed */
export async function hostileReport(samples: number): Promise<0 | 1> {
  const report = createReport('hostile-packets').samples(samples);
  const site = await attackedSite();
  goRealtime(site.gateway?.pid);
  try {
    const idle = await costOf(site, undefined, samples);
    report.metric('alone_p50_ms', idle.p50Ms).metric('alone_p99_ms', idle.p99Ms);
    for (const attack of attacks) {
      const { p50Ms, p99Ms, turnP99Ms, done } = await costOf(site, attack, samples);
      say(
        `${attack.metric}: alert p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, turn p99 ${turnP99Ms.toFixed(2)} ms, done ${done}`,
      );
      report.metric(`${attack.metric}_p50_ms`, p50Ms).metric(`${attack.metric}_p99_ms`, p99Ms);
      report.metric(`${attack.metric}_turn_p99_ms`, turnP99Ms).goal(`${attack.metric}_p99_ms`, '<=', 5);
    }
  } finally {
    await site.stop();
  }
  return report.print();
}
