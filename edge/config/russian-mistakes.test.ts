/**
 * What a reader of Russian is shown of mistakes in configuration files. The refusals are made by the real checks, so a new
 * sentence of theirs without Russian fails here.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explain } from '@forpost/shared/config/explain.ts';
import { parseYaml, placedProblems } from '@forpost/shared/config/yaml.ts';
import { mistakeChecksEn } from '@forpost/shared/texts/catalogue/mistake-checks.en.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import { stillEnglish } from '@forpost/shared/texts/testing/in-russian.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judge } from './judge.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-mistakes-'));
  mkdirSync(join(folder, 'data'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const gateway = `gateway: gw-1
data: data
site_file: site.yaml
secrets_file: secrets.yaml
mqtt: {}
http: {}
uplink: []
`;
const site = `site: { id: home, timezone: Europe/Berlin }
devices: [{ id: meter, decoder: native }]
cameras: [{ id: yard, url: "rtsp://10.0.0.7/s", zones: [{ id: gate, points: [[0, 0], [1, 0], [1, 1]] }] }]
`;
// as "forpost devices password" makes it
const hash = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$Vm9yQnJvdGRpZVdlbHRWb3JCcm90ZGllV2VsdDEyMzQ1Njc4OQ';
const secrets = `mqtt: {}\nconsole: {}\n`;

/** The sentences of a gateway with these files. */
async function refusals(files: {
  readonly gateway?: string | Buffer;
  readonly site?: string | Buffer;
  readonly secrets?: string | Buffer;
}): Promise<readonly Message[]> {
  writeFileSync(join(folder, 'gateway.yaml'), files.gateway ?? gateway);
  writeFileSync(join(folder, 'site.yaml'), files.site ?? site);
  writeFileSync(join(folder, 'secrets.yaml'), files.secrets ?? secrets);
  return (await judge(join(folder, 'gateway.yaml'))).sentences;
}

/** Fails with each sentence that a reader of Russian gets in English. */
function expectRussian(sentences: readonly Message[]): void {
  expect(sentences.length).toBeGreaterThan(0);
  expect(sentences.map((one) => stillEnglish(one)).filter(Boolean)).toEqual([]);
}

const everyKind = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9-]{1,64}$', description: 'the id of this thing' }),
    name: Type.String({ minLength: 2, maxLength: 4 }),
    empty: Type.String({ minLength: 1 }),
    odd: Type.String({ pattern: '^x$' }),
    count: Type.Integer({ minimum: 1, maximum: 5 }),
    least: Type.Number({ minimum: 1 }),
    most: Type.Number({ maximum: 1 }),
    more: Type.Number({ exclusiveMinimum: 0 }),
    less: Type.Number({ exclusiveMaximum: 0 }),
    flag: Type.Boolean(),
    nothing: Type.Null(),
    word: Type.Literal('yes'),
    words: Type.Union([Type.Literal('low'), Type.Literal('high')]),
    block: Type.Object({ key: Type.String() }, { additionalProperties: false }),
    list: Type.Array(Type.Integer(), { minItems: 2, maxItems: 3 }),
    pair: Type.Tuple([Type.Number(), Type.Number()]),
    names: Type.Record(Type.String({ pattern: '^[a-z]$' }), Type.Integer()),
    kinds: Type.Union([Type.Object({ kind: Type.Literal('kafka') }), Type.Object({ kind: Type.Literal('http') })]),
  },
  { additionalProperties: false },
);

test.each([
  ['keys are missing', {}],
  ['the whole is no block', ['a']],
  ['keys are unknown', { idd: 'a', idea: 1, block: { kee: 'x', other: 1 } }],
  ['values have another type', Object.fromEntries(Object.keys(everyKind.properties).map((key) => [key, 7]))],
  ['values are blocks', Object.fromEntries(Object.keys(everyKind.properties).map((key) => [key, { a: 1 }]))],
  ['values are lists', Object.fromEntries(Object.keys(everyKind.properties).map((key) => [key, [1]]))],
  ['values are empty', Object.fromEntries(Object.keys(everyKind.properties).map((key) => [key, null]))],
  [
    'values are out of their ranges',
    { id: 'A b', name: 'a', empty: '', odd: 'no', count: 9, least: 0, most: 2, more: 0, less: 0, flag: 'yes, not no' },
  ],
  [
    'texts are long, words unknown',
    { name: 'abcde', word: 'no', words: 'hihg', kinds: { kind: 'htpp' }, names: { AB: 1 } },
  ],
  ['lists have too many entries', { list: [1, 2, 3, 4], pair: [1, 2, 3], kinds: {} }],
])('where %s, each violation of a schema is told in Russian, with the field', (_, value) => {
  for (const secret of [false, true]) {
    const found = explain(everyKind, value, { secret });
    expectRussian(found.map((one) => one.message));
    for (const { path, message: sentence } of found) {
      if (path.length > 0) expect(JSON.stringify(sentence)).toContain(String(path.at(-1)));
      expect(inEnglish(sentence)).not.toMatch(/[{}]|mistake\//);
    }
  }
});

test.each([
  ['a quote is not closed', 'a: "x\n'],
  ['a bracket is not closed', 'a: [1, 2\n'],
  ['the indentation is wrong', 'a:\n  b: 1\n c: 2\n'],
  ['a tab indents', 'a:\n\tb: 1\n'],
  ['a key is there twice', 'a: 1\na: 2\n'],
  ['a tag is unknown', 'a: !env X\n'],
  ['an anchor is missing', 'a: *b\n'],
  ['a second document begins', 'a: 1\n---\nb: 2\n'],
  ['keys are merged', 'a: &a {b: 1}\nc: {<<: *a}\n'],
  ['a text begins with a sign', 'a: @x\n'],
  ['a directive begins', '%FOO\n---\na: 1\n'],
  ['a key is a list', '[a]: 1\n'],
  ['an escape is unknown', 'a: "\\q"\n'],
  ['a key has no colon', 'a: 1\nb\n'],
])('where %s in YAML, the refusal is told in Russian, with its place', (_, text) => {
  for (const secret of [false, true])
    try {
      parseYaml('site.yaml', text, Type.Object({}, { additionalProperties: true }), { secret });
      expect('nothing refused').toBe(text);
    } catch (error) {
      const problems = placedProblems(error)!;
      expectRussian(problems.map(({ sentence }) => sentence));
      for (const { line, sentence } of problems) {
        expect(line).toMatch(/^site\.yaml:\d+:\d+: /);
        expect(inEnglish(sentence)).toBe(line);
      }
    }
});

test('files that cannot be read, or are no text, are told in Russian', async () => {
  const files = [
    Buffer.from('\ufffea: 1', 'utf16le'),
    Buffer.alloc(20),
    Buffer.from('a: 1\0'),
    Buffer.from([0x61, 0xe9]),
  ];
  for (const bytes of files) expectRussian(await refusals({ site: bytes }));
  for (const file of ['nothing.yaml', 'data']) expectRussian((await judge(join(folder, file))).sentences);
});

test.each([
  [
    'a time zone and ids',
    'site: { id: home, timezone: Europe/Berlni }\ndevices: [{ id: oven, decoder: native }, { id: oven, decoder: tasmoto }]\n',
  ],
  ['a far time zone', 'site: { id: home, timezone: Qqqq/Zzzzzzzzz }\ndevices: []\n'],
  [
    'ids of all sorts',
    site.replace(
      'devices: [',
      'consumers: [{ id: yard, role: homeassistnt }, { id: meter, subscribe: ["a/#/b"], publish: [forpost/status] }, { id: empty }, { id: c, role: home-assistant, base_topic: forpost/x }, { id: d, subscribe: ["#"], base_topic: x }]\ndevices: [',
    ),
  ],
  [
    'topics and keys of devices',
    'site: { id: home, timezone: UTC }\ndevices: [{ id: oven, decoder: native, topic: forpost }, { id: b, decoder: tasmota, topic: t }, { id: c, decoder: tasmota, topic: t }, { id: d, decoder: native, keys: { x: powr_w, y: "Bad Metric" } }, { id: e, decoder: native, full_topic: "%prefix%/%topic%" }]\n',
  ],
  [
    'addresses and keys of cameras',
    'site: { id: home, timezone: UTC }\ndevices: []\ncameras: [{ id: hall, url: "rtsp://u:p@h/s" }, { id: b, url: "rtsp://user:pa/ss@host/path" }, { id: c, url: "http://h/s", transport: tcp, ca: x.pem }, { id: d, url: "rtsps://h/s", ca: x.pem, fingerprint: "sha256:' +
      'a'.repeat(64) +
      '" }, { id: e, url: "v4l2://x/y" }, { id: f, url: "rtsp://[", classes: [person], thresholds: { car: 0.5 } }]\n',
  ],
  [
    'rules',
    site +
      'rules:\n  - { id: first, kind: thresold, device: meter }\n  - { id: b, kind: threshold, device: metr, metric: powr_w, above: 1, below: 2 }\n  - { id: c, kind: threshold, device: "*", devices: [meter], metric: "Bad Metric", above: 1, clear: 2, message: "{vlue}" }\n  - { id: d, kind: threshold, metric: power_w, below: 1, clear: 0 }\n  - { id: e, kind: zone-entered, camera: yrd, zone: gate }\n  - { id: f, kind: zone-entered, camera: yard, zone: gat, min_height: 0.5, max_height: 0.1 }\n  - { id: g, kind: zone-count, camera: yard, zone: gate }\n  - { id: h, kind: threshold, device: meter, metric: power_w, above: 1, hold_s: -1, x: 1 }\n  - { id: i, kind: tamper, cameras: [yrad] }\n',
  ],
  [
    'conditions',
    site +
      'rules:\n' +
      [
        'houre > 3',
        'value >',
        'value + 1',
        '"a"',
        'value > "x"',
        'value ? 1 : 2',
        'foo(1)',
        'value > 1 && 2',
        'device.matches("(")',
        'value > 1 @',
        '"open',
        'hour > 3 plus value',
      ]
        .map(
          (when, index) =>
            `  - { id: r${index}, kind: threshold, device: meter, metric: power_w, above: 1, when: ${JSON.stringify(when)} }\n`,
        )
        .join(''),
  ],
  ['a newer document', `format: 99\n${site}bridgez: []\n`],
  ['a newer document that is known', `format: 99\n${site}`],
])('%s of site.yaml that are wrong are told in Russian', async (_, text) => {
  expectRussian(await refusals({ site: text, secrets: 'mqtt: {}\nconsole: {}\n' }));
});

test('wrong secrets are told in Russian', async () => {
  const wrong = `mqtt: { metr: "${hash}", meter2: plain, meter: plain }\nconsole: { anna: plain }\nviewers: [ana]\ncameras: { yrad: { user: a, password: b } }\nuplink: { other: { token: abcdefghijklmnopqrst } }\n`;
  expectRussian(await refusals({ secrets: wrong }));
  expectRussian(await refusals({}));
});

test.each([
  [
    'passwords in the clear',
    gateway
      .replace('mqtt: {}', 'mqtt: { host: 0.0.0.0, websocket: { host: 0.0.0.0, tls_port: 1 } }')
      .replace('http: {}', 'http: { host: 0.0.0.0 }'),
  ],
  ['proxies', gateway.replace('http: {}', 'http: { trusted_proxy: [proxy, 10.0.0.0/99, 0.0.0.0/0] }')],
  ['ports', gateway.replace('http: {}', 'http: { port: 1883 }')],
  [
    'uplinks',
    gateway.replace(
      'uplink: []',
      'uplink: [{ kind: kafka, brokers: ["::1", "fe80::1:9092", "a:99999", a, "b:0"] }, { kind: kafka, brokers: ["far.example:9092"], sasl: { mechanism: plain, user: u } }, { kind: http, url: "http://far.example", name: one }, { kind: http, url: "http://far.example", name: two, tls: { ca: x.pem, certificate: y.pem } }]',
    ),
  ],
  ['evidence', `${gateway}evidence: { receiver: { url: "http://far.example" } }\n`],
  ['a file for a folder', gateway.replace('data: data', 'data: site.yaml')],
  ['trusted keys', `${gateway}commands: { trusted_keys: [abc] }\n`],
])('%s of gateway.yaml that are wrong are told in Russian', async (_, text) => {
  expectRussian(await refusals({ gateway: text, site: site.replace('[{ id: meter, decoder: native }]', '[]') }));
});

test('the English words of each sentence of a check lead back to its text in the catalogue', () => {
  const wrong = Object.entries(mistakeChecksEn).flatMap(([name, text]) => {
    const key = `mistake/${name}`;
    const names = [...text.matchAll(/\{([a-z]+)\}/g)].map(([, one = '']) => one);
    const inner = message('mistake/rule.above-or-below');
    const values = Object.fromEntries(names.map((one, index) => [one, one === 'reason' ? inner : `v${index}`]));
    const found = recognise(inEnglish({ key, values }));
    return found?.key === key ? [] : [`${key}: ${found?.key}`];
  });
  expect(wrong).toEqual([]);
});
