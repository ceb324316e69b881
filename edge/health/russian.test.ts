/**
 * Checks that a gateway's problems are shown in Russian. The gateway's own parts make the sentences, so a new sentence
 * without a Russian text fails here.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tlsFileProblems } from '@forpost/shared/client-tls.ts';
import { FakeClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { openCommand } from '@forpost/shared/event/command.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { explainListenError } from '@forpost/shared/http/listen.ts';
import { securityReason } from '@forpost/shared/kafka/reasons.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Sentence } from '@forpost/shared/texts/sentence.ts';
import { stillEnglish } from '@forpost/shared/texts/testing/in-russian.ts';
import { ServerCertificate } from '@forpost/shared/tls.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkConnect } from '../broker/protocol/connect.ts';
import { CommandRefusals } from '../commands/command-refusals.ts';
import { commandKinds } from '../commands/kinds/registry.ts';
import { trustedKeys } from '../commands/trusted-keys.ts';
import { lastingConditions } from '../config/conditions.ts';
import { RetryingPage } from '../console/retrying-page.ts';
import { checkDecoded } from '../devices/checks.ts';
import type { Decoded } from '../devices/decoder.ts';
import { decoderNamed, decoders } from '../devices/decoders/registry.ts';
import { DecodingRecord } from '../devices/decoding-record.ts';
import { fieldCases, payloadOf } from '../devices/field-cases.ts';
import { reusedIdProblems } from '../devices/reused-ids.ts';
import { unlimitedSpace } from '../outbox/outbox.ts';
import { problemInWords } from '../outbox/sqlite/main/status-words.ts';
import { Condition, LocalTime } from '../rules/cel.ts';
import { rightClock } from '../rules/clock-error.ts';
import { ruleProblems } from '../rules/rule-problems.ts';
import { siteWith } from '../rules/testing/rules.ts';
import { timeProblems } from '../rules/time-problems.ts';
import { polygonProblem } from '../site/polygon.ts';
import type { DeviceConfig } from '../site/site.ts';
import { httpReason } from '../uplink/sinks/http/reasons.ts';
import { addedInWords } from '../uplink/sinks/kafka/partitions.ts';
import { ended, noBlame, standsIn } from '../vision/blame.ts';
import { explain } from '../vision/process/failure.ts';
import { ringFolder } from '../vision/process/ring-folder.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-russian-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Fails with every sentence that a reader of Russian gets in English. */
function expectRussian(sentences: readonly (Sentence | string | undefined)[]): void {
  expect(sentences.length).toBeGreaterThan(0);
  expect(sentences.map((one) => (one === undefined ? 'no sentence' : stillEnglish(one))).filter(Boolean)).toEqual([]);
}

const hour = 3_600_000;
const errorOf = (code: string, text = 'connection failed') => Object.assign(new Error(text), { code });

test('this test finds an English sentence, also inside a quotation', () => {
  expect(stillEnglish('nothing is stored at all')).toBe('nothing is stored at all');
  expect(stillEnglish('nothing is stored: the disk hums')).toContain('«the disk hums»');
});

test('a version of MQTT that the broker does not support is told in Russian', () => {
  const connect = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 9, 2, 0, 60, 0, 0]);
  const verdict = checkConnect(connect, 0, connect.length);
  expect(verdict.kind).toBe('refused');
  expectRussian(['what' in verdict ? verdict.what : undefined]);
});

test('problems of rules, of clocks and of ids are Russian', () => {
  const night = { id: 'r', kind: 'threshold', device: '*', metric: 'power_w', above: 1, when: 'hour >= 22' };
  const times = new Map([[asId<'device'>('oven'), { late: 3, early: 2, unjudged: 1, offMs: -2 * hour, at: 0 }]]);
  const dear = new Condition('values.all(a, values.all(b, 1/0 == 1 || true))', 'reading', new LocalTime('UTC'));
  let last = '';
  try {
    const values = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`m${i}`, i]));
    dear.holds({ now: 0, device: 'oven', metric: 'm1', value: 1, values });
  } catch (error) {
    last = (error as Error).message;
  }
  const engine = { errors: () => [{ rule: 'r', count: 3, last }], oddTimes: () => times };
  expectRussian([
    ...ruleProblems(siteWith(night), engine as never, rightClock, 0 as never),
    ...timeProblems(siteWith(night), times as never, undefined, 0 as never),
    ...timeProblems(siteWith(), times as never, undefined, 0 as never),
    ...reusedIdProblems(siteWith(), { reusedIds: [{ device: asId<'device'>('oven'), count: 30, lastAt: 0 }] } as never),
  ]);
});

test('problems of the outbox are Russian', () => {
  const failed = new ForpostError('FORPOST_OUTBOX_FAILED', 'x');
  const room = { ...unlimitedSpace, minFreeBytes: 100, freeDiskBytes: 50 };
  const trouble = { downFor: undefined, failedFor: undefined, room, shedAfterMs: 600_000 };
  expectRussian([
    problemInWords(trouble),
    problemInWords({ ...trouble, room: { ...room, diskFull: true } }),
    problemInWords({ ...trouble, room: { ...room, shedsInMs: 5 } }),
    problemInWords({ ...trouble, room: { ...room, diskFull: true, shedsInMs: 5 } }),
  ]);
  // SQLite's words are shown only as a quotation
  expect(stillEnglish(problemInWords({ ...trouble, downFor: failed }))).toContain('«x»');
});

test('problems of certificates, keys, files and ports are Russian', async () => {
  const missing = join(folder, 'missing.pem');
  const text = join(folder, 'text.pem');
  await writeFile(text, 'no certificate\n');
  await chmod(text, 0o666);
  const clock = new FakeClock();
  const served = new ServerCertificate({
    setting: 'mqtt.tls',
    files: { certificate: missing, key: missing },
    clock,
    logger: silentLogger(),
  });
  await served.startOrWait();
  const tls = { certificate: text, key: text, ca: missing };
  const lasting = lastingConditions(
    {
      file: text,
      yaml: { file: text, at: () => ({ line: 1, column: 1 }) },
      installation: {
        data: folder,
        site_file: text,
        secrets_file: text,
        mqtt: {},
        http: {},
        uplink: [{ tls }],
        commands: { trusted_keys_file: missing },
      },
      site: {
        secretsYaml: { file: text, at: () => ({ line: 1, column: 1 }) },
        siteYaml: { file: text, at: () => ({ line: 1, column: 1 }) },
        site: { cameras: [], consumers: [], devices: [] },
        unusedSecrets: [],
        secrets: { mqtt: { oven: '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA' }, console: {} },
      },
    } as never,
    clock,
  );
  const taken = new RetryingPage({
    server: {
      url: '',
      start: () => Promise.reject(explainListenError(errorOf('EADDRINUSE'), '0.0.0.0', 8080, 'http.port')),
      stop: async () => undefined,
    },
    clock,
    logger: silentLogger(),
  });
  await taken.start();
  expectRussian([
    ...served.problems(),
    ...tlsFileProblems(tls).map(({ message }) => message),
    ...tlsFileProblems({ certificate: text }).map(({ message }) => message),
    ...trustedKeys({ commands: { trusted_keys_file: text } } as never).warnings.map(({ message }) => message),
    ...lasting.map(({ message }) => message),
    ...taken.problems(),
  ]);
  expect(new Set(lasting.map(({ area }) => area))).toEqual(new Set(['uplink', 'commands', 'access']));
  await Promise.all([served.stop(), taken.stop()]);
});

const tlsCodes = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
];

test('why the centre cannot be reached is Russian, over HTTPS and by Kafka', () => {
  const tls = { certificate: join(folder, 'text.pem'), key: join(folder, 'text.pem') };
  const http = (error: Error, ours?: typeof tls) => httpReason(error, 'http://centre', ours, 0);
  const kafka = (error: Error, ours?: typeof tls) => securityReason(error, { tls: ours, brokers: ['k:9092'] }, 0);
  const named = (name: string, more: object = {}) => Object.assign(new Error('no'), { name, ...more });
  expectRussian([
    ...tlsCodes.flatMap((code) => [http(errorOf(code)), kafka(errorOf(code))]),
    ...[http, kafka].map((reason) => reason(errorOf('ERR_SSL_TLSV13_ALERT_UNKNOWN_CA'), tls)),
    ...['ENOTFOUND', 'EAI_AGAIN', 'HPE_INVALID_CONSTANT', 'ECONNRESET'].map((code) => http(errorOf(code))),
    http(errorOf('ERR_PROXY_TUNNEL', 'tunnel via http://proxy:3128/ timed out')),
    http(errorOf('ERR_PROXY_TUNNEL', 'tunnel via http://proxy:3128/ failed: HTTP/1.1 407')),
    http(errorOf('ERR_PROXY_TUNNEL', 'tunnel via http://proxy:3128/ failed: HTTP/1.1 403')),
    ...['ILLEGAL_SASL_STATE', 'UNSUPPORTED_SASL_MECHANISM', 'TOPIC_AUTHORIZATION_FAILED'].map((type) =>
      kafka(Object.assign(new Error('no'), { type })),
    ),
    kafka(named('KafkaJSConnectionClosedError')),
    kafka(Object.assign(named('KafkaJSSASLAuthenticationError'), { message: 'invalid credentials' })),
    kafka(named('KafkaJSConnectionError', { broker: 'inside:9092' })),
    addedInWords({ topic: 'forpost.events', was: 2, now: 6 }),
  ]);
});

test('why a camera shows nothing, and what a model did to the vision process, is Russian', () => {
  const source = { kind: 'file', path: '/clips/yard.mp4' } as never;
  const crashed = ['wild', 'wild', 'wild'].reduce(
    (blame, model) => ended(blame, { running: [model], hung: [] }),
    noBlame,
  );
  const hung = ended(noBlame, { running: ['slow'], hung: ['slow', 'slow', 'slow'] });
  const disk = () => ({ type: 0xef53, bavail: 1, bsize: 1 });
  const roots = [folder, join(folder, 'missing'), join(folder, 'other')];
  const ring = ringFolder(folder, 4, roots, disk);
  expectRussian([
    explain({ error: 'exit 1', lines: ['/clips/yard.mp4: Permission denied'] }, source).reason,
    ...[...crashed.out, ...hung.out].map(standsIn),
    'problem' in ring ? ring.problem : undefined,
  ]);
});

/** Notes of a decoder about one message. */
function notesOf(decoded: Decoded): Sentence[] {
  if (!decoded.ok) return [decoded.reason];
  const { problems = [], lost, oddTime } = decoded;
  return [...problems.map(({ problem }) => problem), ...[lost, oddTime].filter((note) => note !== undefined)];
}

test('every note of a decoder is Russian, and so are the problems of its device', () => {
  const received = Date.UTC(2026, 10, 30, 9);
  const odd = [
    '',
    'x',
    '[]',
    '{}',
    '7',
    '{"values":{}}',
    '{"values":{"power_w":"1,234"},"time":"7"}',
    '\0',
    '{"id":1}',
  ];
  const notes = Object.entries(fieldCases).flatMap(([name, cases]) =>
    [...cases, ...odd.map((payload) => ({ name: payload, topic: cases[0]?.topic ?? '', payload }))].flatMap((one) => {
      const device = { id: 'dev', decoder: name } as unknown as DeviceConfig;
      const message = { device, topic: one.topic, payload: payloadOf(one), received };
      const decoded = checkDecoded(decoderNamed(name)?.decode(message) ?? { ok: true, items: [] }, received);
      const decoding = new DecodingRecord();
      decoding.note(decoded, received, message);
      return [...notesOf(decoded), ...decoding.problems('Meter')];
    }),
  );
  expect(Object.keys(fieldCases).toSorted()).toEqual(decoders.map(({ name }) => name).toSorted());
  expectRussian(notes);
});

test('the answer to every kind of command is Russian, and so is each reason to refuse one', async () => {
  const values = { alarm: 'a', evidence: '0'.repeat(16), sha256: '0'.repeat(64) };
  const contexts = (['done', 'already', 'unknown'] as const).map((state) => ({
    acknowledge: () => (state === 'done' ? { state, alerts: [] } : { state }),
    sendEvidence: async () => ({ bytes: 2_000 }),
    sendStatus: () => undefined,
    changeSite: async () => ({ applied: words('gateway/answer.revision-now', { number: '7' }) }),
    describe: () => ({ key: 'gateway/answer.running', values: { version: '1.0', minutes: 5 } }),
  }));
  const effects = await Promise.all(
    commandKinds.flatMap((kind) => contexts.map((context) => kind.run(values, context, 'anna'))),
  );
  const envelope = { payloadType: 'application/x', payload: '', signatures: [{ keyid: 'k', sig: '' }] };
  const refused = ['x', '['.repeat(20_000), JSON.stringify(envelope)].map((text) => openCommand(text, []));
  const clock = new FakeClock();
  const refusals = new CommandRefusals(clock, () => undefined);
  for (const one of refused) if (!one.ok) refusals.add(1, one.reason);
  expectRussian([
    ...effects.map(({ message }) => message),
    ...refused.map((one) => (one.ok ? undefined : one.reason)),
    ...refusals.problems(),
  ]);
});

test('why a drawn zone cannot be saved is Russian', () => {
  expectRussian([
    polygonProblem([
      [0, 0],
      [1, 1],
    ]),
    polygonProblem([
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
    ]),
    polygonProblem([
      [0, 0],
      [0.5, 0.5],
      [1, 1],
    ]),
  ]);
});
