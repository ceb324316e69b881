import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { isCredentialOf, parseMadeHash } from '@forpost/shared/made-credential.ts';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { SiteDocument } from '../site/document.ts';
import { DocumentChecks } from './check/document-checks.ts';
import { DeviceImport } from './device-import.ts';
import { withDeviceList } from './device-list.ts';
import { loadSite } from './load-site.ts';

const site = `# the house
site: { id: home, timezone: UTC }
devices:
  - id: old # the first one
    decoder: native
consumers: []
`;
const added = (csv: string) => withDeviceList('site.yaml', site, csv);
const problemsOf = (csv: string) => {
  const list = added(csv);
  return 'problems' in list ? list.problems.map(({ line, column, message }) => `${line}:${column} ${message}`) : [];
};

test('a list adds its devices behind the known ones, and leaves comments and all else', () => {
  const csv = 'id;name;decoder;topic;groups\nmeter;"Flat ""A"", left";native;;\nplug;;tasmota;plug_A1;lights all\n';
  const list = added(csv);
  expect(list).toMatchObject({
    added: [
      { id: 'meter', name: 'Flat "A", left' },
      { id: 'plug', name: 'plug' },
    ],
  });
  const text = 'text' in list ? list.text : '';
  expect(text).toContain('- id: old # the first one');
  expect(parse(text).devices.slice(1)).toEqual([
    { id: 'meter', name: 'Flat "A", left', decoder: 'native' },
    { id: 'plug', decoder: 'tasmota', topic: 'plug_A1', groups: ['lights', 'all'] },
  ]);
});

test('each mistake of a list has its line and column, also one that only the check of the whole site finds', () => {
  expect(problemsOf('id,decodr,keys\na,native,x\n')).toEqual([
    '1:4 a device has no field "decodr"; did you mean "decoder"?',
    '1:11 "keys" has no form in a list: set it in site.yaml',
    '1:1 the list has no column "decoder"',
  ]);
  expect(problemsOf('id,decoder\na,native\n,native\nb,\nc,native,x')).toEqual([
    '3:1 "id" is empty: each device has one',
    '4:3 "decoder" is empty: each device has one',
    '5:10 this field is beyond the named ones',
  ]);
  expect(problemsOf('id,decoder,topic\na,native,\nold,native,\nb,nativ,\n')).toEqual([
    '3:1 the id "old" is taken already by a device',
    '3:1 "old" is already the topic of the device "old"',
    '4:3 there is no decoder "nativ"; did you mean "native"?',
  ]);
  expect(problemsOf('decoder,id,topic\ntasmota,p1,same\nnative,not an id,\n')).toEqual([
    expect.stringMatching(/^3:8 /),
  ]);
  expect(problemsOf('decoder,id,topic\ntasmota,p1,same\ntasmota,p2,same\n')[0]).toMatch(/^3:/);
});

function rig() {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-import-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, secretsFile] = [join(folder, 'site.yaml'), join(folder, 'secrets.yaml')];
  const old = '$forpost-hmac-sha256$v=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  writeFileSync(file, site);
  writeFileSync(secretsFile, `mqtt: { old: ${old} }\nconsole: {}\n`);
  const clock = new FakeClock();
  const document = new SiteDocument({ file, data: folder, load: (text) => loadSite(file, secretsFile, text), clock });
  const checks = new DocumentChecks({ file, secretsFile, data: folder, clock });
  const door = new DeviceImport({ document, checks });
  const run = (csv: string, check = false) =>
    door.importDevices({ csv, check, why: '', author: { kind: 'page', name: 'anna' } });
  const mqtt = () => parse(readFileSync(secretsFile, 'utf8')).mqtt as Record<string, string>;
  return { document, run, mqtt, read: () => readFileSync(file, 'utf8') };
}

test('an import is one revision with a password for each device; a check of it changes nothing', async () => {
  const { document, run, mqtt, read } = rig();
  await document.open();
  const csv = 'id,name,decoder\na,First,native\nb,,native\n';
  expect(await run(csv, true)).toEqual({ wouldAdd: 2 });
  expect(read()).toBe(site);
  const imported = await run(csv);
  expect(imported).toMatchObject({
    revision: { number: 2 },
    added: [
      { id: 'a', name: 'First' },
      { id: 'b', name: 'b' },
    ],
  });
  for (const { id, password } of 'added' in imported ? imported.added : [])
    expect(isCredentialOf(password, parseMadeHash(mqtt()[id] ?? '')!)).toBe(true);
});

test('a list with one mistake adds nothing and leaves no password behind', async () => {
  const { document, run, mqtt, read } = rig();
  await document.open();
  expect(await run('id,decoder\na,native\nb,nativ\n')).toMatchObject({ problems: [{ line: 3, column: 3 }] });
  expect([Object.keys(mqtt()), read()]).toEqual([['old'], site]);
});
