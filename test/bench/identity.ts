/**
 * Credentials of a large site, on the real gateway, while one device stays connected and raises alerts all the time:
 *
 *   a list of 5,000 devices is imported into the running gateway, which makes their credentials
 *   ─► they log in, and publish one reading in 10 s each
 *   ─► the site is changed, one of their passwords is rotated with a grace; other devices are revoked
 *   ─► all are cut off at once, and come back
 *
 * Goals: everybody back within 60 s; a revoked client is cut off within a second; the alerts keep their 5 ms (p99) through
 * the log-ins, the import and the changes; 30 kB of memory a connection. FORPOST_REALTIME=1 keeps other programs of the
 * machine out of the times.
 */
import { join } from 'node:path';
import { SocketClient } from '../../edge/config/socket-client.ts';
import { createReport, percentile, type Report } from '../../scripts/report.ts';
import { TestSite, testPassword } from '../harness/site.ts';
import { asked } from './asked.ts';
import { alertMetrics, backWithinMs, devices, measureFleet, probe, startProbe } from './fleet-run.ts';
import { say } from './options.ts';
import type { Probe } from './probe.ts';

/** devices that are revoked while they are connected */
const revoked = 20;
/** changes of the site beside the connected fleet */
const changes = 5;
const revokedWithinMs = 1000;

export async function identity(): Promise<Report> {
  const report = createReport('identity').samples(devices);
  const leavers = Array.from({ length: revoked }, (_, n) => `leaver-${n}`);
  const site = await TestSite.start({
    devices: [probe, ...leavers],
    rules: [{ id: 'over', kind: 'threshold', device: probe, metric: 'power_w', above: 1000 }],
    uplink: 'none',
  });
  const client = new SocketClient(join(site.folder, 'gateway'), 'bench');
  const alerts = await startProbe(site);
  try {
    const made = await importFleet(report, client, alerts);
    await measureFleet(report, site, alerts, made, async () => {
      await changeSite(report, client, alerts);
      await revoke(report, site, client, leavers);
    });
  } finally {
    await alerts.stop();
    await site.stop();
  }
  return report
    .goal('fleet_back_s', '<=', backWithinMs / 1000)
    .goal('fleet_wrong_refusals', '=', 0)
    .goal('fleet_alert_p99_ms', '<=', 5)
    .goal('fleet_cut_alert_p99_ms', '<=', 5)
    .goal('fleet_kb_each', '<=', 30)
    .goal('import_alert_p99_ms', '<=', 5)
    .goal('change_alert_p99_ms', '<=', 5)
    .goal('revoked_max_ms', '<=', revokedWithinMs);
}

interface MadeLogIn {
  readonly id: string;
  readonly password: string;
}

async function importFleet(report: Report, client: SocketClient, alerts: Probe): Promise<readonly MadeLogIn[]> {
  const rows = Array.from({ length: devices }, (_, n) => `meter-${n},native,Flat ${n}`);
  await alerts.alerts();
  const began = performance.now();
  const body = await asked(client, 'POST', '/api/v1/devices/import', { csv: `id,decoder,name\n${rows.join('\n')}\n` });
  const seconds = (performance.now() - began) / 1000;
  say(`${devices} devices were imported in ${seconds.toFixed(1)} s`);
  report.metric('import_s', seconds);
  alertMetrics(report, 'import_alert', await alerts.alerts());
  return body.logIns as readonly MadeLogIn[];
}

/** One more name, and one more password, several times. */
async function changeSite(report: Report, client: SocketClient, alerts: Probe): Promise<void> {
  const times: number[] = [];
  await alerts.alerts();
  for (let change = 0; change < changes; change++) {
    const { revision } = await asked(client, 'GET', '/api/v1/site');
    const edits = [{ set: ['devices', `meter-${change}`, 'name'], value: `Renamed ${change}` }];
    const began = performance.now();
    await asked(client, 'PATCH', '/api/v1/site', { edits }, String((revision as { number: number }).number));
    times.push(performance.now() - began);
    await asked(client, 'POST', `/api/v1/credentials/meter-${change}/rotate`, { graceS: 3600 });
  }
  say(`a change of the site took ${(percentile(times, 50) / 1000).toFixed(1)} s`);
  report.metric('change_p50_s', percentile(times, 50) / 1000);
  alertMetrics(report, 'change_alert', await alerts.alerts());
}

/** ms from the request to the end of the connection. */
async function revoke(report: Report, site: TestSite, client: SocketClient, leavers: readonly string[]): Promise<void> {
  const times: number[] = [];
  for (const id of leavers) {
    const device = await site.connect(id, { password: testPassword, reconnectPeriod: 0 });
    const closed = new Promise<void>((resolve) => device.once('close', () => resolve()));
    const began = performance.now();
    const answered = asked(client, 'POST', `/api/v1/credentials/${id}/revoke`);
    await closed;
    times.push(performance.now() - began);
    await answered;
    await device.endAsync(true);
  }
  say(`revoked clients were cut off after ${percentile(times, 50).toFixed(1)} ms`);
  report.metric('revoked_p50_ms', percentile(times, 50)).metric('revoked_max_ms', percentile(times, 100));
}
