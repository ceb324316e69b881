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

async function list(refused: string): Promise<readonly string[]> {
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
  await write('secrets.yaml', `mqtt: { meter: ${hash}, home: ${hash} }\nconsole: {}\n`);
  await write('data/refused-clients.json', refused);
  return listDevices(join(folder, 'gateway.yaml'));
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
