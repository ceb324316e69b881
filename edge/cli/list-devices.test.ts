import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import { expect, onTestFinished, test } from 'vitest';
import { listDevices } from './list-devices.ts';

const noted = (more: object) => ({
  kind: 'password',
  principal: 'meter',
  user: 'meter',
  clientId: 'c',
  address: '10.0.0.7',
  what: '',
  count: 12,
  first: 1_780_000_000_000,
  last: 1_780_000_012_000,
  ...more,
});

async function list(refused: string, credentials?: (hash: string) => string): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-list-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  await mkdir(join(folder, 'data'));
  await write(
    'gateway.yaml',
    'gateway: g\ndata: data\nsite_file: site.yaml\nsecrets_file: secrets.yaml\nmqtt: {}\nhttp: {}\nuplink: []\n',
  );
  await write(
    'site.yaml',
    'site: { id: s, timezone: Europe/Berlin }\ndevices: [{ id: meter, name: Main meter, decoder: native }]\nconsumers: [{ id: home, role: home-assistant }]\n',
  );
  const hash = makeCredential().hash;
  const own = credentials?.(hash) ?? `meter: ${hash}, home: ${hash}`;
  await write('secrets.yaml', `mqtt: { ${own} }\nconsole: {}\n`);
  await write('data/refused-clients.json', refused);
  return (await listDevices(join(folder, 'gateway.yaml'))).lines;
}

test('each device and consumer is listed with its refusals, and unknown clients with their addresses', async () => {
  const refused = [
    noted({}),
    noted({ kind: 'subscribe', principal: 'home', what: '$SYS/#', address: '' }),
    noted({ kind: 'stranger', principal: null, user: 'eve', clientId: 'mqttjs_1' }),
    noted({ principal: 'gone' }),
  ];
  expect(await list(JSON.stringify(refused))).toEqual([
    'meter\tdevice, native\tMain meter',
    '  refused: it logs in with a wrong password from 10.0.0.7; 12 times, last at 2026-05-28T20:26:52.000Z. Enter its password anew, or make another one: forpost devices password.',
    'home\tconsumer, home-assistant\t',
    '  refused: it subscribes to $SYS/#, which it may not hear: the filter is refused; 12 times, last at 2026-05-28T20:26:52.000Z. Check its decoder and topic, or the role and filters of a consumer, in site.yaml.',
    'refused: «eve» (client id mqttjs_1, from 10.0.0.7) is no device or consumer of this site; 12 times, last at 2026-05-28T20:26:52.000Z. Check the user name: it is the id in site.yaml.',
  ]);
});

test('a damaged file of refusals leaves the list of devices complete', async () => {
  expect(await list('[{"kind":')).toEqual(['meter\tdevice, native\tMain meter', 'home\tconsumer, home-assistant\t']);
});

test('the list shows certificates, a revocation, a grace and a fixed user name', async () => {
  const until = '2999-01-01T00:00:00.000Z';
  const certificate = `sha256:${'ab'.repeat(32)}`;
  const grace = (hash: string) => `{ password: ${hash}, before: { password: ${hash}, until: ${until} } }`;
  expect(await list('[]', (hash) => `meter: ${grace(hash)}, home: { revoked: 2026-11-30T10:00:00Z }`)).toEqual([
    'meter\tdevice, native\tMain meter',
    `  the password before is valid until ${until}`,
    'home\tconsumer, home-assistant\t',
    '  revoked since 2026-11-30T10:00:00Z',
  ]);
  const fixed = (hash: string) =>
    `{ password: ${hash}, user: DVES_USER, client_id: DVES_1, certificates: ["${certificate}"] }`;
  expect((await list('[]', (hash) => `meter: ${fixed(hash)}, home: ${hash}`)).slice(1, 3)).toEqual([
    `  logs in by the certificate ${certificate}`,
    '  logs in with the user name DVES_USER and the client id DVES_1, which it came with',
  ]);
});
