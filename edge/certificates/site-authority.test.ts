/** The CA of a site and the gateway's own certificate, with real keys and a clock that tests set. */
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { boxNames } from './box-names.ts';
import { pairIn } from './pair-file.ts';
import { SiteAuthority } from './site-authority.ts';
import { issue } from './thread/x509.ts';
import { earliest } from './validity.ts';

const dayMs = 86_400_000;
const start = Date.UTC(2027, 5, 1);

let data: string;
let clock: FakeClock;
let names: string[];
let renewed: number;
const file = (name: string) => join(data, 'certificates', name);
const own = () => {
  const read = pairIn(readFileSync(file('server.pem'), 'utf8'), 'server.pem');
  if (read.state !== 'usable') throw new Error(read.state);
  return read.pair.x509;
};

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'forpost-ca-'));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  clock = new FakeClock(start);
  names = ['box.local', '10.0.0.7'];
  renewed = 0;
});

interface Circumstances {
  readonly usedBy?: readonly string[];
  readonly isClockRight?: boolean;
}

function authority({ usedBy = ['mqtt.tls'], isClockRight = true }: Circumstances = {}): SiteAuthority {
  return new SiteAuthority({
    gateway: 'cellar',
    folder: join(data, 'certificates'),
    names: () => names,
    usedBy,
    issue,
    clock,
    isClockRight: () => isClockRight,
    logger: silentLogger(),
    onRenewed: async () => void renewed++,
  });
}

test('the first start makes a CA and a certificate of this machine, in files that their owner alone can read', async () => {
  const site = authority();
  await site.start();
  await site.stop();
  const ca = await site.ca();
  const issuer = new X509Certificate(ca?.pem ?? '');
  expect(own().verify(issuer.publicKey)).toBe(true);
  expect(own().checkHost('box.local')).toBe('box.local');
  expect(own().checkIP('10.0.0.7')).toBe('10.0.0.7');
  expect(ca).toMatchObject({ key: 'ec', state: 'valid', fingerprint: issuer.fingerprint256 });
  for (const name of ['ca.pem', 'server.pem']) expect(statSync(file(name)).mode & 0o777).toBe(0o600);
  expect(site.problems()).toEqual([]);
});

test('a gateway whose listeners have certificates of their own makes none until somebody asks', async () => {
  const site = authority({ usedBy: [] });
  await site.check();
  expect(await site.ca()).toBeUndefined();
  await site.makeCa({ key: 'ec', replace: false });
  await expect(site.makeCa({ key: 'ec', replace: false })).rejects.toThrow('this site has a CA already');
});

test('the certificate is made anew in its last third, and when an address comes, not when one goes', async () => {
  const site = authority();
  await site.check();
  const first = own().serialNumber;
  names = ['box.local'];
  await site.check();
  expect(own().serialNumber).toBe(first);
  names = ['box.local', '10.0.0.8'];
  await site.check();
  expect(own().serialNumber).not.toBe(first);
  // the address of before stays: a link that comes and goes makes no new certificate each time
  expect([own().checkIP('10.0.0.8'), own().checkIP('10.0.0.7')]).toEqual(['10.0.0.8', '10.0.0.7']);
  const second = own().serialNumber;
  clock.advance(264 * dayMs);
  await site.check();
  expect(own().serialNumber).toBe(second);
  clock.advance(2 * dayMs);
  await site.check();
  expect(own().serialNumber).not.toBe(second);
  expect(own().checkIP('10.0.0.7')).toBeUndefined();
  expect(renewed).toBe(3);
});

test('a clock at 1970 makes certificates that are valid once it is right, and replaces none', async () => {
  clock = new FakeClock(0);
  const site = authority({ isClockRight: false });
  await site.check();
  const { validFromDate, validToDate, serialNumber } = own();
  expect(validFromDate.getTime()).toBeLessThan(earliest);
  expect(validToDate.getTime()).toBeGreaterThan(earliest + 300 * dayMs);
  await site.check();
  expect(own().serialNumber).toBe(serialNumber);
  expect(site.problems()).toEqual([]);
});

test('a certificate made by a clock far in the future is made anew once a time service has set the clock', async () => {
  clock = new FakeClock(start);
  await authority().check();
  clock = new FakeClock(start + 2000 * dayMs);
  await authority({ isClockRight: false }).check();
  const wrong = own().serialNumber;
  clock = new FakeClock(start);
  await authority({ isClockRight: false }).check();
  expect(own().serialNumber).toBe(wrong);
  await authority().check();
  expect(own().serialNumber).not.toBe(wrong);
});

test('a CA that has ended signs nothing, keeps the certificate of before and says what to do', async () => {
  const site = authority();
  await site.check();
  const before = own().serialNumber;
  clock.advance(19.5 * 365 * dayMs);
  await site.check();
  expect(site.problems().join()).toContain('the CA of this site ends on');
  clock.advance(365 * dayMs);
  await site.check();
  expect(site.problems().join()).toMatch(/has ended on .* "forpost certificate init --replace"/);
  await expect(site.renewServer()).rejects.toThrow('has ended');
  expect(own().serialNumber).not.toBe('');
  expect(before).not.toBe('');
  await site.makeCa({ key: 'ec', replace: true });
  expect(site.problems()).toEqual([]);
  expect(own().validToDate.getTime()).toBeGreaterThan(clock.now());
});

test('another gateway’s CA in the folder gives this gateway a certificate of that CA', async () => {
  await authority().check();
  const before = own().serialNumber;
  rmSync(file('ca.pem'));
  const other = await issue({ kind: 'ca', name: 'other', key: 'ec', from: start - dayMs, to: start + 4000 * dayMs });
  writeFileSync(file('ca.pem'), other.certificate + other.key);
  await authority().check();
  expect(own().serialNumber).not.toBe(before);
  expect(own().verify(new X509Certificate(other.certificate).publicKey)).toBe(true);
});

test.each([
  ['is empty', () => writeFileSync(file('ca.pem'), ''), 'holds no certificate'],
  ['is a link to itself', () => symlinkSync(file('ca.pem'), file('ca.pem')), 'cannot be read'],
  ['is a folder', () => mkdirSync(file('ca.pem')), 'cannot be read'],
])('a CA file that %s is left alone, and costs certificates only', async (_what, put, reason) => {
  const site = authority();
  await site.check();
  rmSync(file('ca.pem'));
  put();
  await site.check();
  expect(site.problems().join()).toContain(reason);
  await expect(site.renewServer()).rejects.toThrow('cannot be used');
});

test('a CA whose key is of another certificate is refused in words', async () => {
  const [one, two] = await Promise.all(
    ['one', 'two'].map((name) => issue({ kind: 'ca', name, key: 'ec', from: start, to: start + dayMs })),
  );
  const read = pairIn(`${one?.certificate}${two?.key}`, 'ca.pem');
  expect(read).toMatchObject({ state: 'unusable', reason: 'ca.pem is the key of another certificate than ca.pem' });
});

test('a folder that takes no file is reported, and the start goes on', async () => {
  writeFileSync(join(data, 'certificates'), 'a file in the way');
  const site = authority();
  await site.start();
  await site.stop();
  expect(site.problems().join()).not.toBe('');
});

test('the names of a machine are its host name, .local and addresses, without those of one link alone', () => {
  const address = (text: string) => ({ address: text }) as never;
  const interfaces = { eth0: [address('10.0.0.7'), address('fe80::1'), address('fd00::7')], lo: undefined };
  expect(boxNames({ hostname: 'Box.example.org', interfaces }, ['gw.example.org'])).toEqual([
    'gw.example.org',
    'box.example.org',
    'box',
    'box.local',
    'localhost',
    '127.0.0.1',
    '::1',
    '10.0.0.7',
    'fd00::7',
  ]);
  expect(boxNames({ hostname: 'my_box', interfaces: {} })).toEqual(['localhost', '127.0.0.1', '::1']);
});
