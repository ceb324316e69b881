import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Type from 'typebox';
import { expect, onTestFinished, test } from 'vitest';
import { ForpostError } from '../errors.ts';
import { words } from '../texts/english.ts';
import { configProblems, loadYaml, parseYaml } from './yaml.ts';

const closed = { additionalProperties: false } as const;
const schema = Type.Object(
  {
    gateway: Type.String({ pattern: '^[a-z0-9-]{1,64}$', description: 'id of this gateway' }),
    mqtt: Type.Optional(
      Type.Object(
        {
          host: Type.Optional(Type.String()),
          port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
        },
        closed,
      ),
    ),
    uplink: Type.Optional(
      Type.Array(
        Type.Union([
          Type.Object({ kind: Type.Literal('kafka'), brokers: Type.Array(Type.String(), { minItems: 1 }) }, closed),
          Type.Object({ kind: Type.Literal('http'), url: Type.String({ pattern: '^https?://' }) }, closed),
        ]),
      ),
    ),
    log_level: Type.Optional(Type.Union([Type.Literal('info'), Type.Literal('warn')])),
    note: Type.Optional(Type.String()),
    passwords: Type.Optional(Type.Record(Type.String(), Type.String())),
    points: Type.Optional(Type.Array(Type.Tuple([Type.Number(), Type.Number()]))),
    ratio: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    on: Type.Optional(Type.Boolean()),
  },
  closed,
);

function problemsOf(text: string): readonly string[] {
  try {
    parseYaml('g.yaml', text, schema);
    return [];
  } catch (error) {
    const problems = configProblems(error);
    if (problems === undefined) throw error;
    return problems;
  }
}

test('a correct file is loaded with its types', () => {
  const { value } = parseYaml('g.yaml', 'gateway: gw-1\nuplink:\n  - {kind: http, url: "https://x"}\n', schema);
  expect(value).toEqual({ gateway: 'gw-1', uplink: [{ kind: 'http', url: 'https://x' }] });
});

test('an unknown key is reported with its line, its column and the nearest known name', () => {
  expect(problemsOf('gateway: gw-1\nmqtt:\n  prt: 1883\n')).toEqual([
    'g.yaml:3:3: unknown key "prt" in mqtt; did you mean "port"?',
  ]);
  expect(problemsOf('gateway: gw-1\nmqtt:\n  zzzzzzz: 1\n')).toEqual([
    'g.yaml:3:3: unknown key "zzzzzzz" in mqtt; there are host, port',
  ]);
});

test('all problems of a file are reported at once, also more than eight', () => {
  const text = [
    'gatewy: 3',
    'mqtt: {host: 7, port: 99999}',
    'uplink:',
    '  - {kind: kafka, broker: [a]}',
    '  - {kind: htpp, url: x}',
    '  - {url: x}',
    '  - {kind: http, url: "ftp://x"}',
    '  - {kind: kafka, brokers: []}',
    'log_level: wran',
    'ratio: 0',
    'on: maybe',
  ].join('\n');
  expect(problemsOf(text)).toEqual([
    'g.yaml:1:1: unknown key "gatewy"; did you mean "gateway"?',
    'g.yaml:2:14: mqtt.host must be text, not 7: put it in quotes',
    'g.yaml:2:23: mqtt.port must be from 1 to 65535, not 99999',
    'g.yaml:4:19: unknown key "broker" in uplink[0]; did you mean "brokers"?',
    'g.yaml:5:12: uplink[1].kind must be one of kafka, http, not "htpp"; did you mean "http"?',
    'g.yaml:6:5: "kind" is missing in uplink[2]: it is one of kafka, http',
    'g.yaml:7:23: uplink[3].url must begin with http:// or https://, not "ftp://x"',
    'g.yaml:8:19: uplink[4].brokers needs at least 1 entry, and has 0',
    'g.yaml:9:12: log_level must be one of info, warn, not "wran"; did you mean "warn"?',
    'g.yaml:10:8: ratio must be more than 0, not 0',
    'g.yaml:11:5: on must be true or false, not "maybe"',
  ]);
});

test('a missing key is reported with its purpose, at the beginning of its block', () => {
  expect(problemsOf('')).toEqual(['g.yaml:1:1: "gateway" is missing (id of this gateway)']);
  expect(problemsOf('gateway: gw\nuplink:\n  - kind: kafka\n')).toEqual([
    'g.yaml:3:5: "brokers" is missing in uplink[0]',
  ]);
});

test('wrong types, tuples and names are reported in plain words', () => {
  expect(problemsOf('gateway: "Haus 1"\nmqtt: 3\npoints: [[1, 2, 3], [1]]\npasswords: {a: 12}\n')).toEqual([
    'g.yaml:1:10: gateway must be 1 to 64 of a-z, 0-9 and -, not "Haus 1"',
    'g.yaml:2:7: mqtt must be a block of "key: value" lines, not 3',
    'g.yaml:3:10: points[0] takes 2 entries, and has 3',
    'g.yaml:3:21: points[1] needs at least 2 entries, and has 1',
    'g.yaml:4:16: passwords.a must be text, not 12: put it in quotes',
  ]);
});

test('a file that is not YAML is reported with the place', () => {
  expect(problemsOf('gateway: gw\nmqtt: {host: "x\n')[0]).toMatch(/^g\.yaml:\d+:\d+: not YAML: /);
  expect(problemsOf('gateway: gw\ngateway: gw\n')).toEqual(['g.yaml:2:1: this key is there twice']);
  expect(problemsOf('gateway: gw\nmqtt:\n\thost: x\n').join()).toContain('a tab cannot indent');
});

test('a missing file and a folder are reported as such', () => {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-yaml-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const missing = join(folder, 'no.yaml');
  expect(() => loadYaml(missing, schema)).toThrow(`${missing}:1:1: there is no such file`);
  expect(() => loadYaml(folder, schema)).toThrow('this is a folder');
  const file = join(folder, 'g.yaml');
  writeFileSync(file, 'gateway: gw\n');
  expect(loadYaml(file, schema).value.gateway).toBe('gw');
});

test('a file full of aliases does not exhaust memory', () => {
  const lines = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 10; i++)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  expect(() => parseYaml('g.yaml', lines.join('\n'), Type.Object({}))).toThrow(ForpostError);
});

test('a character inside a text has its own position, in one line and in a block', () => {
  const text = 'gateway: gw\nnote: "a < bb"\n';
  expect(parseYaml('g', text, schema).at(['note'], 4)).toEqual({ line: 2, column: 12 });
  const block = 'gateway: gw\nnote: |\n  one\n  two < three\n';
  const loaded = parseYaml('g', block, schema);
  expect(loaded.value.note).toBe('one\ntwo < three\n');
  expect(loaded.at(['note'], 8)).toEqual({ line: 4, column: 7 });
  const message = words('mistake/yaml.twice');
  expect(loaded.describe({ path: ['note'], message }, 8).line).toBe('g:4:7: this key is there twice');
  expect(loaded.at(['nowhere', 3])).toEqual({ line: 1, column: 1 });
});

test.each([
  ['a tag that other programs know', 'gateway: !secret x\n', '1:10: the tag !secret means nothing here'],
  ['a tag in a list', 'points: [[!x 1, 2]]\n', '1:11: the tag !x means nothing here'],
  ['a tag of the whole file', '!site\ngateway: x\n', '1:1: the tag !site means nothing here'],
  ['a tag that the parser knows', 'note: !!binary aGk=\n', '1:16: the tag !!binary means nothing here'],
  ['a key that is there twice, once in quotes', 'passwords:\n  1: a\n  "1": b\n', '3:3: this key is there twice'],
  ['a key that is there twice', 'note: a\nnote: b\n', '2:1: this key is there twice'],
  ['a tab before a key', 'mqtt:\n\tport: 1\n', '2:1: a tab cannot indent in YAML: use spaces'],
  ['a merged map', 'mqtt: &m { port: 1 }\npasswords:\n  <<: *m\n', '3:3: keys cannot be merged (<<): write them out'],
  ['a repeat of nothing', 'note: *nowhere\n', '1:7: *nowhere repeats an anchor (&…) that is not there'],
  ['another version of YAML', '%YAML 1.1\n---\non: yes\n', '1:1: %YAML names another version'],
  ['a directive', '%FOO bar\n---\nnote: a\n', '1:1: a line that begins with % means nothing here'],
  ['a second document', 'note: a\n---\nnote: b\n', '2:1: a second document begins here (---)'],
  ['a key that is a list', '? [a]\n: b\n', '1:3: a key is one word'],
  ['a key that is missing', ': b\n', '1:1: a key is missing before the colon'],
])('%s is an error with its place, though YAML parsers accept it', (_, text, problem) => {
  expect(problemsOf(text)[0]).toMatch(`g.yaml:${problem}`);
});

test('YAML’s own tags, and anchors with their repeats, are accepted', () => {
  const { value } = parseYaml('g.yaml', 'gateway: !!str gw-1\nnote: &n text\npasswords: { a: *n }\n', schema);
  expect(value).toEqual({ gateway: 'gw-1', note: 'text', passwords: { a: 'text' } });
});

test('a password that looks like YAML is reported without a letter of it', () => {
  for (const text of ['a: !Geheim1', 'a: *Geheim1', 'a: "x\\qGeheim1"', 'a: [Geheim1', 'a: @Geheim1']) {
    let said = '';
    try {
      parseYaml('s.yaml', `passwords:\n  ${text}\n`, schema, { secret: true });
    } catch (error) {
      said = String(error);
    }
    expect(said).toMatch(/s\.yaml:[23]:\d+: /);
    expect(said).not.toContain('Geheim');
  }
});

test.each([
  ['of zeros', Buffer.alloc(40), 'it holds nothing but zeros, as after a power cut'],
  ['with zeros', Buffer.from('gateway: g\0\n'), 'it holds zero bytes'],
  ['in UTF-16, as Notepad once wrote it', Buffer.from('\ufeffgateway: g\n', 'utf16le'), 'it is written in UTF-16'],
  ['in UTF-16 of the other order', Buffer.from('\ufeffgateway: g\n', 'utf16le').swap16(), 'it is written in UTF-16'],
  [
    'in UTF-16 without its mark',
    Buffer.from('gateway: Zürich\n', 'utf16le'),
    'it is written in UTF-16: save it as UTF-8',
  ],
])('a file %s is reported as such', (_, bytes, problem) => {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-yaml-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'g.yaml');
  writeFileSync(file, bytes);
  expect(() => loadYaml(file, schema)).toThrow(`${file}:1:1: ${problem}`);
});

test('a byte that is not UTF-8 is reported with its place, and with its letter in Latin-1', () => {
  const text = Buffer.from('gateway: g\nnote: "\ufffd is a sign"\n# Zürich\n');
  const folder = mkdtempSync(join(tmpdir(), 'forpost-yaml-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'g.yaml');
  const at = text.indexOf('ü');
  writeFileSync(file, Buffer.concat([text.subarray(0, at), Buffer.from([0xfc]), text.subarray(at + 2)]));
  expect(() => loadYaml(file, schema)).toThrow(
    `${file}:3:4: the byte 0xfc (ü in Latin-1 and Windows-1252) is no UTF-8: save the file as UTF-8`,
  );
});

test('a file with a byte order mark and with the line ends of Windows is read', () => {
  const { value, at } = parseYaml('g.yaml', '\ufeffgateway: gw\r\nmqtt:\r\n  port: 1884\r\n', schema);
  expect(value).toEqual({ gateway: 'gw', mqtt: { port: 1884 } });
  expect(at(['mqtt', 'port'])).toEqual({ line: 3, column: 9 });
});
