/**
 * What people do to a running gateway of a large site, and how long an alert takes meanwhile. One device raises alerts all
 * the time; nothing else connects, so that the figures show only what the gateway's main thread does for people:
 *
 *   nothing ─► a list of 5,000 devices is imported ─► the site is changed: a name, a new device, a refused document
 *   ─► rules are rehearsed over the outbox ─► unknown clients flood the pairing window ─► `forpost backup`
 *
 * Goals: the alerts keep their 5 ms (p99) through each. FORPOST_REALTIME=1 keeps other programs of the machine out of the
 * times; the backup's process and the flood are other programs too.
 */
import { join } from 'node:path';
import mqtt from 'mqtt';
import { SocketClient } from '../../edge/config/socket-client.ts';
import { createReport, percentile, type Report } from '../../scripts/report.ts';
import { forpostWith } from '../harness/forpost-command.ts';
import { TestSite } from '../harness/site.ts';
import { asked } from './asked.ts';
import { alertMetrics, devices, probe, startProbe } from './fleet-run.ts';
import { say } from './options.ts';
import type { Probe } from './probe.ts';

const quietMs = 5000;
const changes = 4;
const rehearsals = 3;
const floodMs = 10_000;
const backups = 3;
/** connections of unknown clients at a time: twice what the window shows of one address */
const knockersAtOnce = 32;
const passphrase = 'five words that nobody guesses';
const goalMs = 5;

const rule = { id: 'over', kind: 'threshold', device: probe, metric: 'power_w', above: 1000 };

/** A bench of one running gateway. */
interface Bench {
  readonly report: Report;
  readonly site: TestSite;
  readonly client: SocketClient;
  readonly alerts: Probe;
}

export async function siteChanges(): Promise<Report> {
  const report = createReport('site-changes').samples(devices);
  const site = await TestSite.start({ devices: [probe], rules: [rule], uplink: 'none' });
  const client = new SocketClient(join(site.folder, 'gateway'), 'bench');
  const alerts = await startProbe(site);
  const bench = { report, site, client, alerts };
  try {
    await during(bench, 'quiet', () => new Promise((resolve) => setTimeout(resolve, quietMs)));
    await during(bench, 'import', () => importDevices(bench));
    await during(bench, 'change', () => changeSite(bench));
    await during(bench, 'rehearsal', () => rehearse(bench));
    await during(bench, 'pairing', () => floodPairing(bench));
    await during(bench, 'backup', () => backUp(bench));
  } finally {
    await alerts.stop();
    await site.stop();
  }
  for (const name of ['import', 'change', 'rehearsal', 'pairing', 'backup'])
    report.goal(`${name}_alert_p99_ms`, '<=', goalMs);
  return report;
}

/** Notes the alerts while `work` runs, and how long it took. */
async function during({ report, alerts }: Bench, name: string, work: () => Promise<unknown>): Promise<void> {
  await alerts.alerts();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  const times = await alerts.alerts();
  say(`${name}: ${seconds.toFixed(1)} s, alert p99 ${percentile(times, 99).toFixed(1)} ms of ${times.length}`);
  report.metric(`${name}_s`, seconds);
  alertMetrics(report, `${name}_alert`, times);
}

async function importDevices({ client }: Bench): Promise<void> {
  const rows = Array.from({ length: devices }, (_, n) => `meter-${n},native,Flat ${n}`);
  await asked(client, 'POST', '/api/v1/devices/import', { csv: `id,decoder,name\n${rows.join('\n')}\n` });
}

/** A name, a new password, a new device, and a document that is refused. */
async function changeSite({ client }: Bench): Promise<void> {
  for (let change = 0; change < changes; change++) {
    const id = `meter-${change}`;
    await edit(client, [{ set: ['devices', id, 'name'], value: `Renamed ${change}` }]);
    await asked(client, 'POST', `/api/v1/credentials/${id}/rotate`, { graceS: 3600 });
    const added = { decoder: 'native', name: 'Added' };
    await edit(client, [{ set: ['devices', `added-${change}`], value: added }]);
    await edit(client, [{ set: ['devices', id, 'decoder'], value: 'none' }], 422);
    await asked(client, 'GET', '/api/v1/site/values');
    await asked(client, 'GET', '/api/v1/credentials');
  }
}

async function edit(client: SocketClient, edits: readonly object[], status = 200): Promise<void> {
  const { revision } = await asked(client, 'GET', '/api/v1/site');
  const { number } = revision as { readonly number: number };
  await asked(client, 'PATCH', '/api/v1/site', { edits, passwords: true }, String(number), status);
}

async function rehearse({ site }: Bench): Promise<void> {
  for (let n = 0; n < rehearsals; n++)
    await site.local('/api/v1/rules/rehearse', { rules: [{ ...rule, above: 1500 + n }] });
}

/** Unknown clients connect one after another; those that are let wait publish what decoders try to read. */
async function floodPairing({ site, client }: Bench): Promise<void> {
  await asked(client, 'POST', '/api/v1/pairing/open', { minutes: 5 });
  const end = performance.now() + floodMs;
  let knocks = 0;
  await Promise.all(
    Array.from({ length: knockersAtOnce }, async (_, lane) => {
      for (let turn = 0; performance.now() < end; turn++, knocks++)
        await knock(site.mqttPort, `stranger-${lane}-${turn}`);
    }),
  );
  await asked(client, 'POST', '/api/v1/pairing/close', {});
  say(`${knocks} unknown clients knocked`);
}

async function knock(port: number, id: string): Promise<void> {
  const stranger = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    username: id,
    password: 'unknown-to-all',
    clientId: id,
    reconnectPeriod: 0,
    connectTimeout: 2000,
  });
  stranger.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => stranger.once('close', () => resolve()));
  stranger.once('connect', () => {
    for (let n = 0; n < 20; n++)
      stranger.publish(
        `tele/${id}/SENSOR`,
        JSON.stringify({ ENERGY: { Power: n, Total: 1.5 }, Time: '2026-12-01T10:00:00' }),
      );
    stranger.end();
  });
  await closed;
  stranger.end(true);
}

async function backUp({ site }: Bench): Promise<void> {
  for (let n = 0; n < backups; n++) {
    const file = join(site.folder, `box-${n}.tar.age`);
    await forpostWith(passphrase, ['backup', file, '--config', join(site.folder, 'gateway.yaml')]);
  }
}
