import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyPassword } from '@forpost/shared/password.ts';
import { Compile } from 'typebox/compile';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { freePorts } from '../../test/harness/ports.ts';
import { root } from '../../test/harness/root.ts';
import { judge } from '../config/judge.ts';
import { loadInstallation } from '../config/load-installation.ts';
import { loadSite } from '../config/load-site.ts';
import { init } from './init.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-init-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the new configuration passes the check, and has all other keys as comments', async () => {
  const site = join(folder, 'Haus am See, Süd');
  const said = await init(site, { terminal: true, timezone: 'Asia/Kathmandu' });
  const file = join(site, 'gateway.yaml');
  expect(await judge(file)).toMatchObject({ problems: [] });
  const installation = loadInstallation(file);
  expect(installation.gateway).toMatch(/^gw-[0-9a-f]{8}$/);
  expect(loadSite(installation.site_file, installation.secrets_file).site).toMatchObject({
    id: 'haus-am-see-sud',
    name: 'Haus am See, Süd',
    timezone: 'Asia/Kathmandu',
  });
  const [, password = ''] = /installer \/ (\S+)/.exec(said.join('\n')) ?? [];
  const secrets = parse(await readFile(join(site, 'secrets.yaml'), 'utf8'));
  expect(await verifyPassword(password, secrets.console.installer)).toBe(true);
  expect((await stat(join(site, 'secrets.yaml'))).mode & 0o777).toBe(0o600);
});

test('each new file names the schema beside it for editors, and passes this schema', async () => {
  await init(folder, { terminal: true });
  for (const name of ['gateway', 'site', 'secrets']) {
    const text = await readFile(join(folder, `${name}.yaml`), 'utf8');
    const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
    expect(schema).toBe(`schemas/${name}.json`);
    expect(Compile(JSON.parse(await readFile(join(folder, schema), 'utf8'))).Check(parse(text)), name).toBe(true);
  }
});

test('the new configuration still passes the check with its comments uncommented', async () => {
  await init(folder, { terminal: true });
  const uncommented = async (name: string, drop: RegExp) => {
    const text = await readFile(join(folder, name), 'utf8');
    const taken = text
      .replace(drop, '')
      .replace(/^# ((devices|consumers|cameras|rules|uplink|evidence):| {2})/gm, '$1')
      .replace(/^#( {3,})/gm, '$1');
    await writeFile(join(folder, name), taken);
  };
  await uncommented('site.yaml', /^(devices|rules): \[\]$/gm);
  await uncommented('gateway.yaml', /^uplink: \[\].*$|^# tls: .*$|^# commands:[\s\S]*$/gm);
  const secrets = parse(await readFile(join(folder, 'secrets.yaml'), 'utf8'));
  const mqtt = {
    'heat-pump': secrets.console.installer,
    'wall-display': secrets.console.installer,
    home: secrets.console.installer,
  };
  const uplink = { centre: { token: 'x'.repeat(20) }, evidence: { token: 'y'.repeat(20) } };
  await writeFile(join(folder, 'secrets.yaml'), JSON.stringify({ ...secrets, mqtt, uplink }));
  expect((await judge(join(folder, 'gateway.yaml'))).problems).toEqual([]);
  const { site } = loadSite(join(folder, 'site.yaml'), join(folder, 'secrets.yaml'));
  expect([site.devices.length, site.cameras.length]).toEqual([1, 1]);
  expect(site.rules.map(({ id }) => id)).toEqual(expect.arrayContaining(['overload', 'at-the-gate']));
});

test('without a terminal the password is written into a file that only its owner can read', async () => {
  const said = (await init(folder, { terminal: false })).join('\n');
  const text = await readFile(join(folder, 'first-log-in.txt'), 'utf8');
  expect(said).not.toContain(text.split(' / ')[1]?.trim());
  expect((await stat(join(folder, 'first-log-in.txt'))).mode & 0o777).toBe(0o600);
});

test('init does not change a folder that has a configuration', async () => {
  await writeFile(join(folder, 'site.yaml'), 'mine');
  await expect(init(folder, { terminal: true })).rejects.toThrow(
    `${folder} has site.yaml already: nothing was changed`,
  );
  expect(await readFile(join(folder, 'site.yaml'), 'utf8')).toBe('mine');
  await expect(stat(join(folder, 'gateway.yaml'))).rejects.toThrow('ENOENT');
});

test('init refuses an invalid id or time zone, and names the option', async () => {
  const attempt = (more: object) => init(join(folder, 'new'), { terminal: true, ...more });
  await expect(attempt({ gateway: 'Box 1' })).rejects.toThrow('--gateway: "Box 1" is not an id');
  await expect(attempt({ timezone: 'Mars/Base' })).rejects.toThrow('--timezone: there is no time zone "Mars/Base"');
});

test('a gateway starts with the new configuration unchanged, from any folder', async () => {
  const [mqtt, http] = await freePorts(2);
  const forpost = join(root, 'forpost.mjs');
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [forpost, ...args], { cwd: folder, encoding: 'utf8' });
  expect(run('init', 'my-site').status).toBe(0);
  const again = run('init', 'my-site');
  expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('nothing was changed')]);
  const file = join(folder, 'my-site/gateway.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('port: 1883', `port: ${mqtt}`).replace('port: 8080', `port: ${http}`));
  const gateway = spawn(process.execPath, [forpost, 'gateway', '--config', 'my-site/gateway.yaml'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(gateway, 'exit');
  let said = '';
  gateway.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  try {
    const first = await Promise.race([
      once(gateway.stdout, 'data'),
      ended.then((status) => [`ended: ${status}\n${said}`]),
    ]);
    expect(String(first[0])).toContain('"ready"');
    expect((await fetch(`http://127.0.0.1:${http}/healthz`)).status).toBe(200);
  } finally {
    gateway.kill('SIGTERM');
  }
  expect(await ended).toEqual([0, null]);
});
