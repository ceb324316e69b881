/** The old box comes back beside the restored one: the centre refuses it in words, and nothing of it gets in. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@forpost/shared/errors.ts';
import type { Releasers } from '@forpost/shared/lifecycle.ts';
import { type ApiEvent, logIn } from '../../harness/centre.ts';
import { freePorts } from '../../harness/ports.ts';
import { TestProcess, until } from '../../harness/process.ts';
import { allEvents, type TestSite, testPassword } from '../../harness/site.ts';

export interface OldBox {
  /** whether both pages said so, and nothing of it got into the history */
  readonly oldBoxRefused: boolean;
  readonly problems: readonly string[];
}

interface Uplink {
  readonly reason: string;
  readonly state: string;
}

/** `history`: before the old box comes back. */
export async function comeBack(site: TestSite, history: readonly ApiEvent[], releasers: Releasers): Promise<OldBox> {
  const known = new Set(history.map(({ id }) => id));
  try {
    const base = await start(site, releasers);
    await refusedInWords(site, base);
    const { outbox } = await site.local<{ outbox: { epoch: string } }>('/api/v1/status');
    const now = await allEvents(site, 'gateway=test-gateway');
    const [intruder] = now.filter(({ id }) => !known.has(id) && id.split('/')[1] !== outbox.epoch);
    return intruder === undefined
      ? { oldBoxRefused: true, problems: [] }
      : failed(`an event of the old box got in: ${intruder.id}`);
  } catch (error) {
    return failed(`the old box: ${messageOf(error)}`);
  }
}

function failed(problem: string): OldBox {
  return { oldBoxRefused: false, problems: [problem] };
}

async function start(site: TestSite, releasers: Releasers): Promise<string> {
  const config = join(site.folder, 'gateway.yaml');
  const [mqtt = 0, http = 0] = await freePorts(2);
  const text = readFileSync(config, 'utf8');
  writeFileSync(
    config,
    text.replace(`port: ${site.mqttPort}`, `port: ${mqtt}`).replace(`port: ${site.httpPort}`, `port: ${http}`),
  );
  const box = await TestProcess.start('old', ['forpost.mjs', 'gateway', '--config', config]);
  releasers.add('old box', () => box.stop());
  return `http://127.0.0.1:${http}`;
}

async function refusedInWords(site: TestSite, base: string): Promise<void> {
  const cookie = await logIn(base, 'installer', testPassword);
  await until('the page of the old box says that another one has taken its place', async () => {
    const answer = await fetch(`${base}/api/v1/status`, { headers: { cookie } });
    const { uplinks } = (await answer.json()) as { readonly uplinks: readonly Uplink[] };
    return /answered 403: .*has taken its place.*switch it off/.test(uplinks[0]?.reason ?? '');
  });
  await until('the centre counts what it refused, and raises an alarm', async () => {
    const { gateways } = await site.api<{ gateways: { restored?: { old_box?: { refused: number } } }[] }>(
      '/api/v1/gateways',
    );
    const alarms = JSON.stringify(await site.api('/api/v1/alarms'));
    return (gateways[0]?.restored?.old_box?.refused ?? 0) > 0 && alarms.includes('still sends');
  });
  const { uplinks } = await site.local<{ uplinks: readonly Uplink[] }>('/api/v1/status');
  if (uplinks[0]?.state !== 'live') throw new Error(`the restored box is not connected: ${uplinks[0]?.reason}`);
}
