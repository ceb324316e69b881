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

test('a folder in the file is meant from where the file is, not from where the centre is started', () => {
  const config = loadCloud(file('data: data/centre\nhttp: { port: 8090 }\n'));
  expect(config).toEqual({ data: join(folder, 'data', 'centre'), http: { port: 8090 } });
  expect(loadCloud(file('data: /var/lib/forpost\nhttp: {}\n')).data).toBe('/var/lib/forpost');
});

test('a whole configuration is read as it is', () => {
  const config = loadCloud(
    file(`data: .
http: { host: 0.0.0.0 }
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

test('the files of a Kafka with TLS and a log-in are meant from where the file is, and must be there', () => {
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

test('the receiver’s files must be there, and certificates that are required need a CA', () => {
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
    'cloud.yaml:4:81: receiver.tls.client_certificate_required needs client_ca: whose certificates are meant?',
  ]);
});

test('every mistake is told with its place, and with the right spelling where one is near', () => {
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
  expect(lines[2]).toContain(':7:11: the channel "desk" is there twice');
  expect(lines[3]).toContain('did you mean "warn"?');
});
