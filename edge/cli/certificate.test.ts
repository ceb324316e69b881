/** What `forpost certificate` writes, where no gateway runs. */

import { X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import { client, exportCa, list, revoke } from './certificate.ts';

let folder: string;
let config: string;
let printed: string;
const file = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-certificate-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  config = file('gateway.yaml');
  writeFileSync(
    config,
    'gateway: cellar\ndata: data\nsite_file: site.yaml\nsecrets_file: secrets.yaml\nmqtt: { tls: {} }\nhttp: {}\nuplink: []\n',
  );
  writeFileSync(file('site.yaml'), 'site: { id: home, timezone: UTC }\ndevices: [{ id: pump, decoder: native }]\n');
  writeFileSync(file('secrets.yaml'), 'mqtt: {}\nconsole: {}\n', { mode: 0o600 });
  printed = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  onTestFinished(() => write.mockRestore());
});

const certificatesIn = () => parse(readFileSync(file('secrets.yaml'), 'utf8')).mqtt.pump;

test('a client’s certificate is written with its key for its owner alone, and is a log-in of the device', async () => {
  await client(config, 'pump', { out: folder, days: 30 });
  const certificate = new X509Certificate(readFileSync(file('pump.crt')));
  const ca = new X509Certificate(readFileSync(file('pump-ca.crt')));
  expect(certificate.verify(ca.publicKey)).toBe(true);
  expect(statSync(file('pump.key')).mode & 0o777).toBe(0o600);
  const sha256 = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  expect(certificatesIn()).toEqual({ certificates: [`sha256:${sha256}`] });
  printed = '';
  await exportCa(config, { out: file('ca.crt') });
  expect(printed).toContain(ca.fingerprint256);
  await revoke(config, 'pump', {});
  expect(certificatesIn()).toEqual({ revoked: expect.any(String) });
  await list(config, {});
  expect(printed).toMatch(/pump\tec\t\S+\trevoked/);
});

test.each([
  ['../pump', 'is not an id'],
  ['pump/../../etc', 'is not an id'],
  ['', 'is not an id'],
  ['nobody', 'no device, bridge or consumer "nobody"'],
])('the name %j makes no certificate and leaves no file', async (id, reason) => {
  await expect(client(config, id, { out: folder })).rejects.toThrow(reason);
  expect(readdirSync(folder).filter((name) => /\.(key|crt)$/.test(name))).toEqual([]);
});

test('a file that exists, also a link into nowhere, is neither followed nor replaced', async () => {
  symlinkSync(file('elsewhere'), file('pump.crt'));
  await expect(client(config, 'pump', { out: folder })).rejects.toThrow('pump.crt exists');
  expect(existsSync(file('elsewhere'))).toBe(false);
  expect(existsSync(file('pump.key'))).toBe(false);
  await expect(client(config, 'pump', { out: file('no-folder') })).rejects.toThrow('is no folder');
  expect(certificatesIn()).toBeUndefined();
});
