import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadCloud, readPassword } from './load.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-cloud-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const name = join(folder, 'cloud.yaml');
  writeFileSync(name, text);
  return name;
}

test('a relative path counts from the folder of cloud.yaml, and not from the folder where the centre starts', () => {
  const config = loadCloud(file('data: data/centre\nhttp: { port: 8090 }\n'));
  expect(config).toEqual({ data: join(folder, 'data', 'centre'), http: { port: 8090 } });
  expect(loadCloud(file('data: /var/lib/forpost\nhttp: {}\n')).data).toBe('/var/lib/forpost');
});

test('a configuration with all sections is read unchanged', () => {
  const config = loadCloud(
    file(`data: .
http: { host: 0.0.0.0, allow_plaintext: true }
kafka: { brokers: ['localhost:9092'], prefix: acme, development: true }
history: { url: 'http://clickhouse:8123/forpost' }
notify:
  - { id: desk, kind: webhook, url: 'https://desk.example/hook', severity: critical }
  - { id: log, kind: webhook, url: 'http://127.0.0.1:9/' }
log_level: warn
`),
  );
  expect(config.notify?.map(({ id }) => id)).toEqual(['desk', 'log']);
  expect(config.kafka).toEqual({ brokers: ['localhost:9092'], prefix: 'acme', development: true });
});

test('the page is served to other machines only over TLS or behind a named proxy, unless the file allows plaintext', () => {
  const problem = (http: string) => {
    try {
      loadCloud(file(`data: .\nhttp: ${http}\n`));
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  for (const host of ['0.0.0.0', '"::"', '192.0.2.1', 'centre.lan'])
    expect(problem(`{ host: ${host} }`)).toMatch(/cloud\.yaml:2:.*without TLS would let other machines send passwords/);
  for (const allowed of [
    '{}',
    '{ host: localhost }',
    '{ host: "::1" }',
    '{ host: 127.0.0.9 }',
    '{ host: 0.0.0.0, allow_plaintext: true }',
    '{ host: 0.0.0.0, trusted_proxy: [10.0.0.1, 10.1.0.0/16, "fd00::/8", "::1"], base_path: /forpost }',
  ])
    expect(problem(allowed)).toBe('');
  expect(problem('{ trusted_proxy: [proxy.lan] }')).toMatch(/2:\d+: "proxy.lan" is neither an address nor a network/);
  expect(problem('{ trusted_proxy: [10.0.0.0/33] }')).toContain('has 0 to 32 bits');
  expect(problem('{ trusted_proxy: ["0.0.0.0/0"] }')).toContain('would believe everybody');
  for (const path of ['forpost', '/forpost/', '/', '/a"b', '/a b'])
    expect(problem(`{ base_path: '${path}' }`)).not.toBe('');
  expect(problem('{ host: 0.0.0.0, tls: { certificate: none.pem, key: none.key } }')).toMatch(
    /http\.tls\.certificate: .*none\.pem is not there/,
  );
});

test('the TLS and password files of Kafka count from the folder of cloud.yaml, and must exist', () => {
  const name = file(`data: .
http: {}
kafka:
  brokers: ['kafka.example:9093']
  tls: { ca: ca.pem }
  sasl: { mechanism: plain, user: centre, password_file: secret/kafka }
`);
  const problems = () => {
    try {
      loadCloud(name);
      return '';
    } catch (error) {
      return (error as Error).message.replaceAll(`${folder}/`, '');
    }
  };
  expect(problems().split('\n')).toEqual([
    'cloud.yaml:5:14: kafka.tls.ca: ca.pem is not there',
    'cloud.yaml:6:58: kafka.sasl.password_file: secret/kafka is not there',
  ]);
  writeFileSync(name, readFileSync(name, 'utf8').replace('  tls: { ca: ca.pem }\n', ''));
  mkdirSync(join(folder, 'secret'));
  writeFileSync(join(folder, 'secret', 'kafka'), '\n');
  expect(problems()).toContain('sends the password to kafka.example:9093 in the clear');
  expect(problems()).toContain('secret/kafka is empty: its first line is the password');
  writeFileSync(name, readFileSync(name, 'utf8').replace('  sasl', '  tls: true\n  sasl'));
  writeFileSync(join(folder, 'secret', 'kafka'), 'the password\r\n');
  const { sasl, tls } = loadCloud(name).kafka!;
  expect(tls).toBe(true);
  expect(readPassword(sasl!.password_file)).toBe('the password');
});

test('no password goes to another machine in the clear, unless the file allows plaintext', () => {
  const problem = (text: string) => {
    try {
      loadCloud(file(`data: .\nhttp: {}\n${text}\n`));
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  writeFileSync(join(folder, 'password'), 'p\n');
  const kafka = (brokers: string, sasl: string) =>
    problem(`kafka: { brokers: [${brokers}], sasl: { user: a, password_file: password, ${sasl} } }`);
  const scram = 'mechanism: scram-sha-256';
  expect(kafka('"kafka.example:9092"', scram)).toContain('sasl scram-sha-256 without tls: whoever listens');
  expect(kafka('"127.0.0.1:9092", "[2001:db8::1]:9092"', scram)).toContain('on the way to [2001:db8::1]:9092');
  expect(kafka('"kafka.example:9092"', `${scram}, allow_plaintext: true`)).toBe('');
  expect(kafka('"[::1]:9092", "localhost:9092", "127.1.2.3:9092"', 'mechanism: plain')).toBe('');
  expect(problem('history: { url: "http://user:secret@clickhouse:8123/db" }')).toMatch(
    /history\.url .*sends the password to clickhouse in the clear/,
  );
  expect(problem('history: { url: "http://user:secret@clickhouse:8123/db" }')).not.toContain('secret@');
  for (const allowed of [
    'history: { url: "http://user:secret@clickhouse:8123/db", allow_plaintext: true }',
    'history: { url: "http://user:secret@[::1]:8123/db" }',
    'history: { url: "https://user:secret@clickhouse:8443/db" }',
    'history: { url: "http://clickhouse:8123/db" }',
  ])
    expect(problem(allowed)).toBe('');
  const hook = (more: string) => problem(`notify: [{ id: a, kind: webhook, ${more} }]`);
  expect(hook('url: "http://user:secret@desk.example/"')).toMatch(
    /notify\[0\]\.url .*sends the password to desk.example/,
  );
  expect(hook('url: "http://user:secret@desk.example/", allow_plaintext: true')).toBe('');
});

test('the receiver’s files must exist, and required client certificates need a CA', () => {
  const name = file(`data: .
http: {}
receiver:
  tls: { certificate: centre.pem, key: centre.key, client_certificate_required: true }
gateways:
  gw-1: { refused: true }
`);
  let said = '';
  try {
    loadCloud(name);
  } catch (error) {
    said = (error as Error).message.replaceAll(`${folder}/`, '');
  }
  expect(said.split('\n')).toEqual([
    'cloud.yaml:4:23: receiver.tls.certificate: centre.pem is not there',
    'cloud.yaml:4:40: receiver.tls.key: centre.key is not there',
    'cloud.yaml:4:81: receiver.tls.client_certificate_required needs client_ca: name the CA that signs the gateways’ certificates',
  ]);
});

test('every mistake is listed with its place, and with the likely spelling', () => {
  const name = file(`data: .
http: { prot: 8090 }
`);
  expect(() => loadCloud(name)).toThrow(`${name}:2:9: `);
  expect(() => loadCloud(name)).toThrow('"port"');
  const other = file(`data: .
http: {}
history:
  url: clickhouse:8123
notify:
  - { id: desk, kind: webhook, url: 'http://a b/' }
  - { id: desk, kind: webhook, url: 'http://ok/' }
log_level: wran
`);
  const lines = (() => {
    try {
      loadCloud(other);
      return [];
    } catch (error) {
      return (error as Error).message.split('\n');
    }
  })();
  expect(lines).toHaveLength(4);
  expect(lines[0]).toContain(':4:8: "clickhouse:8123" is not an address');
  expect(lines[1]).toContain(':6:37: "http://a b/" is not an address');
  expect(lines[2]).toContain(':7:11: two channels have the id "desk"');
  expect(lines[3]).toContain('did you mean "warn"?');
});
