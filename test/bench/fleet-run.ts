/**
 * The run of a fleet on a gateway: 5,000 devices log in with made credentials, publish steadily, are cut off at once and
 * return, while one more device stays and raises alerts all the time. Shared by the benches `broker` and `identity`.
 */
import { percentile, type Report } from '../../scripts/report.ts';
import { type TestSite, testPassword, until } from '../harness/site.ts';
import { Fleet } from './fleet.ts';
import { say } from './options.ts';
import { Probe } from './probe.ts';
import { residentMb } from './resident.ts';

export const devices = 5000;
export const backWithinMs = 60_000;
/** the device that stays, and raises alerts */
export const probe = 'stayed';
const readingEveryMs = 10_000;
const probePauseMs = 10;
/** of steady readings before the cut, to measure memory and the alerts beside them */
const steadyMs = 20_000;
const mb = 1e6;

export function startProbe(site: TestSite): Promise<Probe> {
  return Probe.start({
    port: site.mqttPort,
    device: probe,
    consumer: 'wall-display',
    password: testPassword,
    pauseMs: probePauseMs,
    gateway: site.gateway?.pid,
  });
}

/**
 * Measures the fleet's first log-in, its memory, the cut and its return.
 * @param whileIn runs with the whole fleet connected, before the cut
 */
export async function measureFleet(
  report: Report,
  site: TestSite,
  alerts: Probe,
  made: readonly { readonly id: string; readonly password: string }[],
  whileIn: () => Promise<void> = async () => undefined,
): Promise<void> {
  const without = await residentMb(site.gateway?.pid ?? 0);
  const all = Fleet.start({ port: site.mqttPort, devices: made, readingEveryMs });
  try {
    const first = await everyoneIn(all);
    say(`${devices} devices were in after ${(first / 1000).toFixed(1)} s`);
    await alerts.alerts();
    await new Promise((resolve) => setTimeout(resolve, steadyMs));
    const steady = await alerts.alerts();
    const kbEach = ((await residentMb(site.gateway?.pid ?? 0)) - without) * (mb / 1000 / devices);
    await whileIn();
    await alerts.alerts();
    const before = await all.state();
    all.cut();
    const back = await everyoneIn(all);
    const during = await alerts.alerts();
    const after = await all.state();
    say(`all back after ${(back / 1000).toFixed(1)} s, refused ${after.refused}, lost ${after.lost - before.lost}`);
    report.metric('fleet_devices', devices).metric('fleet_first_in_s', first / 1000);
    report.metric('fleet_back_s', back / 1000).metric('fleet_wrong_refusals', after.refused);
    report.metric('fleet_lost_before_log_in', after.lost).metric('fleet_kb_each', kbEach);
    report.metric('fleet_acknowledged', after.acknowledged);
    alertMetrics(report, 'fleet_alert', steady);
    alertMetrics(report, 'fleet_cut_alert', during);
  } finally {
    await all.stop();
  }
}

/** `name`_samples, `name`_p50_ms, `name`_p99_ms and `name`_max_ms */
export function alertMetrics(report: Report, name: string, times: readonly number[]): void {
  report
    .metric(`${name}_samples`, times.length)
    .metric(`${name}_p50_ms`, percentile(times, 50))
    .metric(`${name}_p99_ms`, percentile(times, 99))
    .metric(`${name}_max_ms`, percentile(times, 100));
}

/** ms from the start or the cut to the last device's CONNACK. */
async function everyoneIn(all: Fleet): Promise<number> {
  return await until(
    'every device is in',
    async () => {
      const { backAfterMs, connected } = await all.state();
      return connected === devices && backAfterMs;
    },
    2 * backWithinMs,
  );
}
