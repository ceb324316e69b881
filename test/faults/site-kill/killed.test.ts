/** The short version of `npm run faults -- --scenario site-kill`: SIGKILL at three calls, in a process of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { adoptRestore, commitRestore } from '../../../edge/backup/staged-restore.ts';
import { init } from '../../../edge/cli/init.ts';
import { judge } from '../../../edge/config/judge.ts';
import { loadSite } from '../../../edge/config/load-site.ts';
import { SiteDocument } from '../../../edge/site/document.ts';

const here = (name: string) => join(import.meta.dirname, name);

async function box(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-killed-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await init(folder, { gateway: 'fresh', site: 'new', timezone: 'UTC', terminal: true });
  return folder;
}

/** Runs the child until just before this call. @returns the signal that ended it */
function killedBefore(before: string, folder: string, what: 'adopt' | 'take-in') {
  const [plan, log] = [`${folder}.plan`, `${folder}.calls`];
  onTestFinished(() => {
    for (const file of [plan, log]) rmSync(file, { force: true });
  });
  writeFileSync(plan, JSON.stringify({ folder, only: '', at: 0, before, log }));
  const env = { ...process.env, FORPOST_KILL_PLAN: plan, FORPOST_KILL_ANY: '1' };
  const ran = spawnSync(process.execPath, ['--import', here('kill-at.mjs'), here('child.ts'), folder, what], { env });
  return { signal: ran.signal, said: String(ran.stderr) };
}

test.each(['rename data/restore/moved.json', 'half of remove data/restore.done'])(
  'a box that is killed before «%s» while it becomes a restored gateway is that gateway after the next start',
  async (before) => {
    const folder = await box();
    const [config, data] = [join(folder, 'gateway.yaml'), join(folder, 'data')];
    await init(join(data, 'restore/staged'), { gateway: 'old', site: 'home', timezone: 'UTC', terminal: true });
    writeFileSync(join(data, 'restore/staged/data/instance.json'), '{}');
    await commitRestore(config, data, 'gateway.yaml', Date.UTC(2026, 10, 30));
    expect(killedBefore(before, folder, 'adopt')).toEqual({ signal: 'SIGKILL', said: '' });
    await adoptRestore(config);
    const { loaded, problems } = await judge(config);
    expect([problems, loaded?.installation.gateway, loaded?.site.id]).toEqual([[], 'old', 'home']);
    expect(existsSync(join(data, 'instance.json'))).toBe(true);
    expect(readdirSync(data).filter((name) => name.startsWith('restore'))).toEqual([]);
  },
);

test('a gateway that is killed between the credential and the document of a new device starts without it, and the next try takes it in', async () => {
  const folder = await box();
  const read = (name: string) => parse(readFileSync(join(folder, name), 'utf8'));
  const file = join(folder, 'site.yaml');
  const load = (text: string) => loadSite(file, join(folder, 'secrets.yaml'), text);
  // its first revision
  await new SiteDocument({ file, data: join(folder, 'data'), load, clock: new FakeClock() }).open();
  const before = 'open site.yaml.history/next.yaml.new';
  expect(killedBefore(before, folder, 'take-in')).toEqual({ signal: 'SIGKILL', said: '' });
  expect(read('secrets.yaml').mqtt.plug).toMatchObject({ user: 'DVES_USER' });
  expect(read('site.yaml').devices ?? []).toEqual([]);
  expect((await judge(join(folder, 'gateway.yaml'))).problems).toEqual([]);
  const again = spawnSync(process.execPath, [here('child.ts'), folder, 'take-in'], { encoding: 'utf8' });
  expect([again.status, again.stderr]).toEqual([0, '']);
  expect(read('site.yaml').devices).toMatchObject([{ id: 'plug', topic: 'tasmota_1A2B3C' }]);
});
