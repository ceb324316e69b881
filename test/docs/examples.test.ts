/** The examples for copying: each passes the check that its README describes. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadCloud } from '../../cloud/config/load.ts';
import { judge } from '../../edge/config/judge.ts';
import { setMissingPasswords } from '../../edge/config/passwords.ts';
import { root } from '../harness/root.ts';

const examples = join(root, 'examples');
const gateways = ['home', 'shop', 'plant'];
const textOf = (...path: readonly string[]) => readFileSync(join(examples, ...path), 'utf8');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-examples-'));
  cpSync(examples, folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(gateways)('the example "%s" passes the check after its devices got passwords', async (name) => {
  const file = join(folder, name, 'gateway.yaml');
  // no folder outside the test's own
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^data: \S+/m, 'data: data'));
  const made = setMissingPasswords(file);
  const { devices, consumers } = parse(textOf(name, 'site.yaml')) as Record<'devices' | 'consumers', unknown[]>;
  expect(made).toHaveLength(devices.length + consumers.length);
  const { problems, warnings } = await judge(file);
  expect(problems).toEqual([]);
  // the reader brings certificates and models, and sets the copied file's mode
  const expected = /is not there|is not installed|everybody on this machine may read it/;
  expect(warnings.filter(({ message }) => !expected.test(message))).toEqual([]);
});

test('the example of a centre passes the check, and its proxy leads to its port', () => {
  const { http } = loadCloud(join(folder, 'centre-behind-proxy', 'cloud.yaml'));
  const leads = textOf('centre-behind-proxy', 'nginx.conf').match(/proxy_pass \S+/g);
  expect(new Set(leads)).toEqual(new Set([`proxy_pass http://${http.host}:${http.port};`]));
  expect(http.trusted_proxy).toEqual([http.host]);
});

test('no example contains anybody’s password', () => {
  for (const name of gateways)
    expect(parse(textOf(name, 'secrets.yaml')), name).toMatchObject({ mqtt: {}, console: {} });
});

test('every file of an example names its schema and passes it', () => {
  for (const name of [...gateways, 'centre-behind-proxy'])
    for (const file of readdirSync(join(examples, name)).filter((one) => /^\w+\.yaml$/.test(one))) {
      const text = textOf(name, file);
      const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
      const schema = JSON.parse(readFileSync(join(examples, name, path), 'utf8'));
      expect(Compile(schema).Check(parse(text)), `${name}/${file} against ${path}`).toBe(true);
      expect(path, file).toContain(`/${file.replace('.yaml', '.json')}`);
    }
});

test('the site of the plant matches the list of its 300 meters', () => {
  const script = join(folder, 'plant', 'make-site.mjs');
  execFileSync(process.execPath, [script]);
  const made = readFileSync(join(dirname(script), 'site.yaml'), 'utf8');
  expect(made).toBe(textOf('plant', 'site.yaml'));
  expect((parse(made) as { devices: unknown[] }).devices).toHaveLength(300);
});
