import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configProblems } from '@forpost/shared/config/yaml.ts';
import { Compile } from 'typebox/compile';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { makeCertificates } from '../../scripts/kafka/certificates.ts';
import { trustedKeys } from '../commands/trusted-keys.ts';
import { sinkKinds } from '../uplink/sinks/registry.ts';
import { warningText } from './conditions.ts';
import { judge } from './judge.ts';
import { loadInstallation } from './load-installation.ts';
import { jsonSchemas } from './schemas.ts';

const kinds = sinkKinds.map(({ kind }) => kind).join(', ');

const hash = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
const good = `gateway: gw-1
data: ../data
site_file: site.yaml
secrets_file: secrets.yaml
mqtt: {}
http: {}
uplink:
  - { kind: kafka, brokers: ["127.0.0.1:9092"] }
`;
const site = `site: { id: farm-7, timezone: UTC }
devices: [{ id: plug, decoder: tasmota }]
rules: [{ id: hot, kind: threshold, device: plug, metric: power_w, above: 1 }]
`;

function folder(files: Readonly<Record<string, string>>): string {
  const made = mkdtempSync(join(tmpdir(), 'forpost-config-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  mkdirSync(join(made, 'etc'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, 'etc', name), text, { mode: 0o640 });
  return made;
}

function problemsOf(text: string): readonly string[] {
  const made = folder({ 'gateway.yaml': text });
  try {
    loadInstallation(join(made, 'etc', 'gateway.yaml'));
    return [];
  } catch (error) {
    return (configProblems(error) ?? []).map((problem) => problem.replaceAll(`${made}/etc/`, ''));
  }
}

test('paths are relative to the file, whatever the working directory', () => {
  const made = folder({ 'gateway.yaml': good });
  expect(loadInstallation(join(made, 'etc', 'gateway.yaml'))).toMatchObject({
    gateway: 'gw-1',
    data: join(made, 'data'),
    site_file: join(made, 'etc', 'site.yaml'),
    secrets_file: join(made, 'etc', 'secrets.yaml'),
  });
});

test.each([
  [
    'mqtt: {}',
    'mqtt: { host: 0.0.0.0 }',
    'gateway.yaml:5:15: MQTT without TLS on 0.0.0.0 sends passwords in the clear',
  ],
  ['http: {}', 'http: { host: 192.168.1.2 }', 'gateway.yaml:6:15: the page without TLS is for this machine alone'],
  ['http: {}', 'http: { port: 1883 }', 'gateway.yaml:6:15: http and mqtt cannot both have port 1883'],
  ['mqtt: {}', 'mqtt: { websocket: { port: 1883 } }', 'mqtt.websocket and mqtt cannot both have port 1883'],
  ['mqtt: {}', 'mqtt: { websocket: { tls_port: 8084 } }', 'wss:// needs a certificate: add mqtt.tls'],
  ['mqtt: {}', 'mqtt: { websocket: { host: 0.0.0.0 } }', 'MQTT over ws:// on 0.0.0.0 sends passwords in the clear'],
  ['mqtt: {}', 'mqtt: { websocket: { origins: [example.org] } }', 'mqtt.websocket.origins[0]'],
  [
    '9092"]',
    '9092"], tls: { certificate: a.pem }',
    'gateway.yaml:8:69: the certificate a.pem needs its key: add key beside it',
  ],
  ['9092"]', '9092"], tls: { key: a.key }', 'a.key needs its certificate: add certificate beside it'],
  ['9092"]', '99092"]', '127.0.0.1:99092: a port is from 1 to 65535'],
  ['9092"] }', '9092"] }\n  - { kind: kafka, brokers: [a:1] }', 'gateway.yaml:9:5: two uplinks are called "kafka"'],
  [
    '9092"] }',
    '9092"] }\n  - { kind: http, url: "http://centre.example" }',
    'uplink[1].url with http:// sends the token and all events in the clear: write https://',
  ],
  [
    'http: {}',
    'http: {}\nevidence: { receiver: { url: "http://centre.example:8443" } }',
    'gateway.yaml:7:30: evidence.receiver.url with http:// sends the token and all pictures in the clear: write https://',
  ],
  [
    'http: {}',
    'http: {}\nevidence: { receiver: { url: "http://[::1]:1", tls: true } }',
    'evidence.receiver.url begins with http:// although there is tls',
  ],
  ['127.0.0.1:9092"]', '::1"]', '"::1" has no port: write [::1]:9092'],
  ['127.0.0.1:9092"]', 'fe80::2:9092"]', 'has no port: write [fe80::2:9092]:9092'],
  ['127.0.0.1:9092"]', '::ffff:10.0.0.1:9092"]', 'an IPv6 address stands in brackets: [::ffff:10.0.0.1]:9092'],
  ['127.0.0.1:9092"]', '[kafka]:9092"]', "is no broker's address"],
  [
    '9092"] }',
    '9092"] }\n  - { kind: http, url: "http://127.0.0.1:1", tls: true }',
    'uplink[1].url begins with http:// although there is tls',
  ],
  ['9092"] }', '9092"], limit: { bytes_per_day: 5 } }', 'uplink[0].limit.bytes_per_day must be'],
  ['9092"] }', '9092"], limit: { bytes_a_day: 500000 } }', 'unknown key "bytes_a_day" in uplink[0].limit'],
  ['kind: kafka', 'kind: kafak', `uplink[0].kind must be one of ${kinds}, not "kafak"; did you mean "kafka"?`],
  ['mqtt: {}', 'mqtt: { tls: { certificate: a.pem } }', 'the certificate a.pem needs its key: add key beside it'],
  ['http: {}', 'http: { tls: { key: a.key } }', 'the key a.key needs its certificate: add certificate beside it'],
  ['http: {}', 'http: {}\ncertificates: { names: ["gw:8883"] }', '"gw:8883" is neither a host name nor an address'],
  ['http: {}', 'http: {}\ncertificates: { names: [1.2.3, "fe80::1"] }', '"fe80::1" is neither a host name nor an'],
  ['mqtt: {}', 'mqtt: { prt: 1 }', 'unknown key "prt" in mqtt; did you mean "port"?'],
  ['secrets_file: secrets.yaml\n', '', '"secrets_file" is missing (path of secrets.yaml: passwords and tokens)'],
])('%s written as %j stops the start', (from, to, expected) => {
  expect(problemsOf(good.replace(from, to)).join('\n')).toContain(expected);
});

test('loopback over IPv6 counts as this machine too', () => {
  const ipv6 = good
    .replace('127.0.0.1:9092', '[::1]:9092')
    .replace('mqtt: {}', 'mqtt: { host: "::1" }')
    .replace('http: {}', 'http: { host: "::1" }\nevidence: { receiver: { url: "http://[::1]:8443" } }');
  expect(problemsOf(ipv6)).toEqual([]);
});

test('a listener with TLS and without files has those that the gateway makes in its data folder', () => {
  expect(problemsOf(good.replace('mqtt: {}', 'mqtt: { tls: {} }').replace('http: {}', 'http: { tls: {} }'))).toEqual(
    [],
  );
});

test('MQTT in the clear on a network is accepted where the file allows it explicitly', () => {
  expect(problemsOf(good.replace('mqtt: {}', 'mqtt: { host: 0.0.0.0, allow_plaintext: true }'))).toEqual([]);
});

test('an uplink with a certificate of its own needs no token, and its files are checked', async () => {
  const http = (tls: string) =>
    good.replace(/ {2}- .*9092"\] }/, `  - { kind: http, url: "https://centre.example", tls: ${tls} }`);
  const secrets = `mqtt: { plug: "${hash}" }\nconsole: {}\n`;
  const check = async (tls: string) => {
    const made = folder({ 'gateway.yaml': http(tls), 'site.yaml': site, 'secrets.yaml': secrets });
    return (await said(made)).join('\n');
  };
  expect(await check('true')).toContain('has no token');
  const own = await check('{ ca: ca.pem, certificate: gw.pem, key: gw.key }');
  expect(own).not.toContain('token');
  for (const file of ['ca', 'certificate', 'key']) expect(own).toContain(`uplink[0].tls.${file}: `);
});

test('a check of all files says in one line what is configured', async () => {
  const made = folder({
    'gateway.yaml': good,
    'site.yaml': site,
    'secrets.yaml': `mqtt: { plug: "${hash}" }\nconsole: {}\n`,
  });
  expect(await judge(join(made, 'etc', 'gateway.yaml'))).toMatchObject({
    problems: [],
    warnings: [],
    summary:
      'gateway gw-1, site farm-7 (UTC): 1 device, 0 consumers, 0 cameras with 0 zones, 1 rule, uplink to Kafka at 127.0.0.1:9092',
  });
});

test('a camera without its model is a warning, and stops no start', async () => {
  const made = folder({
    'gateway.yaml': good,
    'site.yaml': `${site}cameras: [{ id: yard, url: "rtsp://127.0.0.1/1", detector: lost }]\n`,
    'secrets.yaml': `mqtt: { plug: "${hash}" }\nconsole: {}\n`,
  });
  const { problems, warnings, loaded } = await judge(join(made, 'etc', 'gateway.yaml'));
  expect(warnings.map(warningText)).toEqual([
    expect.stringMatching(/site\.yaml:4:\d+: camera "yard": model "lost" is not installed/),
  ]);
  expect([problems, loaded !== undefined]).toEqual([[], true]);
});

test('an HTTP uplink without a token, and a token without an uplink, are problems', async () => {
  const made = folder({
    'gateway.yaml': good.replace(
      'kind: kafka, brokers: ["127.0.0.1:9092"]',
      'kind: http, name: centre, url: "https://x"',
    ),
    'site.yaml': site,
    'secrets.yaml': `mqtt: { plug: "${hash}" }\nconsole: {}\nuplink: { center: { token: 0123456789abcdef-secret } }\n`,
  });
  const { problems, summary } = await judge(join(made, 'etc', 'gateway.yaml'));
  expect(summary).toBe('');
  expect(problems.map((problem) => problem.replaceAll(`${made}/etc/`, ''))).toEqual([
    'gateway.yaml:8:5: the uplink "centre" has no token: add it under uplink in secrets.yaml',
    'secrets.yaml:3:11: uplink.center is a token, but no uplink has this name; did you mean "centre"?',
  ]);
});

const kafka = (more: string) => good.replace('["127.0.0.1:9092"]', `["kafka.example:9093"], ${more}`);

/** Problems, then warnings, without the folder's name. */
async function said(made: string): Promise<readonly string[]> {
  const { problems, warnings } = await judge(join(made, 'etc', 'gateway.yaml'));
  return [...problems, ...warnings.map(warningText)].map((line) => line.replaceAll(`${made}/etc/`, ''));
}

/** What `forpost check` says of these two files, without the folder's name. */
async function checked(gateway: string, uplinkSecrets: string): Promise<readonly string[]> {
  const made = folder({
    'gateway.yaml': gateway,
    'site.yaml': site,
    'secrets.yaml': `mqtt: { plug: "${hash}" }\nconsole: {}\n${uplinkSecrets}`,
  });
  return said(made);
}

test('paths of PEM files are relative to the configuration, and a check reads the files', async () => {
  const pem = await makeCertificates();
  onTestFinished(() => pem.remove());
  const { client, expired, ca } = pem;
  const tls = (files: Readonly<Record<string, string>>) =>
    checked(kafka(`tls: ${JSON.stringify(files)}`), '').then((all) =>
      all.map((problem) => problem.replace(/^\S+ uplink\[0\]\.tls\./, '').replaceAll(`${pem.folder}/`, '')),
    );
  expect(await tls({ ca, ...client })).toEqual([]);
  expect(await tls({ ca: 'pem/ca.pem' })).toEqual(['ca: pem/ca.pem is not there']);
  expect(await tls({ ca: client.key })).toEqual(['ca: client.key holds no certificate in PEM']);
  expect(await tls({ certificate: client.certificate, key: expired.key })).toEqual([
    'key: expired.key is the key of another certificate than client.pem',
  ]);
  expect(await tls({ ...expired })).toEqual([
    'certificate: expired.pem: the certificate has ended on 2020-01-01: put a renewed one in its place, no restart is needed',
  ]);
  expect(await tls({ certificate: client.certificate, key: ca })).toContain('key: ca.pem holds no key in PEM');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const locked = join(pem.folder, 'locked.key');
  writeFileSync(
    locked,
    privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'a-passphrase' }),
    { mode: 0o600 },
  );
  expect(await tls({ certificate: client.certificate, key: locked })).toEqual([
    'key: locked.key is locked with a passphrase: use a key without one',
  ]);
  const bundle = join(pem.folder, 'bundle.pem');
  writeFileSync(bundle, readFileSync(expired.certificate, 'utf8') + readFileSync(ca, 'utf8'));
  expect(await tls({ ca: bundle })).toEqual([]);
  expect((await tls({ cert: client.certificate }))[0]).toContain('unknown key "cert" in uplink[0].tls');
});

test.each([
  ['tls: true, sasl: { mechanism: scram-sha-512, user: gw-1 }', 'uplink: { kafka: { password: p } }', []],
  [
    'tls: true, sasl: { mechanism: scram-sha-512, user: gw-1 }',
    '',
    ['gateway.yaml:8:5: the uplink "kafka" has no password: add it under uplink in secrets.yaml'],
  ],
  [
    'tls: true, sasl: { mechanism: scram-sha-512, user: gw-1 }',
    'uplink: { kafka: { token: 0123456789abcdef } }',
    ['gateway.yaml:8:5: the uplink "kafka" has no password, but a token: add it under uplink in secrets.yaml'],
  ],
  [
    'prefix: site',
    'uplink: { kafka: { password: p } }',
    [
      'gateway.yaml:8:5: the uplink "kafka" has a password in secrets.yaml but no sasl: add sasl, or remove the password',
    ],
  ],
  [
    'sasl: { mechanism: plain, user: gw-1 }',
    'uplink: { kafka: { password: p } }',
    ['gateway.yaml:8:53: sasl plain without tls sends the password to kafka.example:9093 in the clear: add tls'],
  ],
  [
    'sasl: { mechanism: plain, user: gw-1, allow_plaintext: true }',
    'uplink: { kafka: { password: p } }',
    [expect.stringContaining('sends the password to kafka.example:9093 in the clear')],
  ],
  [
    'sasl: { mechanism: scram-sha-512, user: gw-1 }',
    'uplink: { kafka: { password: p } }',
    [expect.stringContaining('sasl scram-sha-512 without tls: whoever listens on the way to kafka.example:9093')],
  ],
  ['sasl: { mechanism: scram-sha-512, user: gw-1, allow_plaintext: true }', 'uplink: { kafka: { password: p } }', []],
  ['tls: true, sasl: { mechanism: plain, user: gw-1 }', 'uplink: { kafka: { password: p } }', []],
  [
    'sasl: { mechanism: scram-sha-521, user: gw-1 }',
    'uplink: { kafka: { password: p } }',
    [expect.stringContaining('did you mean "scram-sha-512"?')],
  ],
  [
    'sasl: { mechanism: scram-sha-512, user: gw-1, password: p }',
    'uplink: { kafka: { password: p } }',
    [expect.stringContaining('unknown key "password" in uplink[0].sasl')],
  ],
])('a log-in to Kafka: %s with %j in the secrets', async (way, secrets, problems) => {
  expect(await checked(kafka(way), secrets)).toEqual(problems);
});

test('a missing configuration file is a problem like any other', async () => {
  const made = folder({ 'gateway.yaml': good });
  const { problems } = await judge(join(made, 'etc', 'gateway.yaml'));
  expect(problems).toEqual([
    `${join(made, 'etc', 'site.yaml')}:1:1: there is no such file`,
    `${join(made, 'etc', 'secrets.yaml')}:1:1: there is no such file`,
  ]);
  expect((await judge(join(made, 'nothing.yaml'))).problems).toHaveLength(1);
});

test('the published schemas accept what the gateway accepts, and refuse what it refuses', () => {
  const { gateway, site: siteSchema, secrets } = jsonSchemas();
  expect(Compile(gateway).Check(parse(good))).toBe(true);
  expect(Compile(siteSchema).Check(parse(site))).toBe(true);
  expect(Compile(siteSchema).Check(parse(site.replace('above', 'abov')))).toBe(false);
  expect(Compile(siteSchema).Check(parse(site.replace('threshold', 'treshold')))).toBe(false);
  expect(Compile(siteSchema).Check(parse(site.replace('decoder: tasmota', 'decoder: tasmoto')))).toBe(false);
  expect(Compile(secrets).Check({ mqtt: {}, console: {} })).toBe(true);
  expect(JSON.stringify(siteSchema)).toContain('prefixItems');
});

test('trusted keys stand in gateway.yaml or in a file that it names, and a text that is no key is a problem', async () => {
  const key = 'ed25519:8TcRzGwL-Cb_dKdo-4t798LMaufxBD14AjP7r7j9q3E';
  const secrets = `mqtt: { plug: "${hash}" }\nconsole: { installer: "${hash}" }\n`;
  const made = folder({ 'site.yaml': site, 'secrets.yaml': secrets, 'keys.txt': `# the centre\n\n${key}\n` });
  const checked = async (commands: string) => {
    const file = join(made, 'etc', 'gateway.yaml');
    writeFileSync(file, `${good}${commands}`);
    return said(made);
  };
  expect(await checked('')).toEqual([]);
  expect(await checked(`commands: { trusted_keys: ["${key}"], trusted_keys_file: keys.txt }\n`)).toEqual([]);
  expect(trustedKeys(loadInstallation(join(made, 'etc', 'gateway.yaml'))).keys).toHaveLength(1);
  expect(await checked('commands: { trusted_keys: ["ed25519:short"] }\n')).toEqual([
    expect.stringMatching(/^gateway.yaml:9:28: .*"ed25519:short" is no key: use the line that "forpost cloud key"/),
  ]);
  expect(await checked('commands: { trusted_keys_file: none.txt }\n')).toEqual([
    expect.stringMatching(/^gateway.yaml:9:32: .*none.txt is not there/),
  ]);
  expect(await checked('commands: { trusted_key: [] }\n')).toEqual([expect.stringContaining('trusted_keys')]);
});
