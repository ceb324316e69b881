/**
 * The answers of the gateway's API against its own OpenAPI document: once with every field that the gateway's types have,
 * and once of a running gateway.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { systemClock } from '@forpost/shared/clock.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { OpenApiDocument } from '@forpost/shared/http/openapi.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { expect, onTestFinished, test, vi } from 'vitest';
import { undescribed } from '../../test/harness/described-answers.ts';
import { startGateway } from '../../test/harness/gateway.ts';
import type { EvidenceRecord } from '../evidence/store.ts';
import type { OutboxStatus } from '../outbox/outbox.ts';
import type { CameraTest } from '../rules/camera-test.ts';
import { ConsoleServer } from './server.ts';
import type { ActiveAlarm, EarlierAlarm, SceneNotice, SiteRule } from './source.ts';
import { activeAlarm, earlierAlarm, FakeSource, gatewayStatus, refusedView } from './testing/source.ts';

/** With every optional field, at every depth: a new field without an example here does not compile. */
type Whole<Value> = Value extends Message | string | number | boolean | null
  ? Value
  : { [Key in keyof Value]-?: Whole<Exclude<Value[Key], undefined>> };

const text: Message = { key: 'gateway/summary.well', values: { count: 1 } };
const time = '2026-06-01T12:04:00.000Z';
const points = [
  [0, 0],
  [0.5, 0],
  [0.5, 1],
] as [number, number][];

const status: Whole<GatewayStatus> = {
  ...gatewayStatus(),
  place: 'Mill Lane',
  everyMs: 1,
  commandKeys: ['k'],
  sendsEvidence: true,
  instance: 'i1',
  storageProblem: 'the disk fails',
  storageProblemI18n: text,
  problems: ['x', 'y'],
  problemsI18n: [text, null],
  restored: { at: time, backup: time, epoch: 'e1' as Whole<GatewayStatus>['restored']['epoch'] },
  host: {
    at: time,
    model: 'Raspberry Pi 4',
    values: { temperature_c: 50.5 },
    trendSince: time,
    findings: [{ part: 'disk', level: 'watch', text: 'the disk fills', textI18n: text }],
    disks: [{ name: 'mmcblk0', usedLife: 0.2 }],
    interfaces: [{ name: 'eth0', up: true, address: '10.0.0.2' }],
  },
  lanes: [
    { epoch: 'e1', lane: 'alerts', assigned: 2, acknowledged: 1, bytes: 3, shed: 1 },
  ] as unknown as Whole<GatewayStatus>['lanes'],
  uplinks: [
    {
      sink: 'kafka',
      state: 'live',
      since: time,
      reason: '',
      reasonI18n: text,
      events: 1,
      bytes: 1,
      eventsPerSecond: 0.5,
      kind: 'kafka',
      silentSince: time,
      budget: { used: 1, limit: 2 },
      plan: {
        eventsPerSecond: 0.5,
        bytesPerSecond: 1,
        arrivingPerSecond: 1,
        secondsLeft: null,
        endsAt: null,
        outlook: 'growing',
      },
    },
  ],
  cameras: [
    {
      id: 'yard',
      name: 'Yard',
      state: 'live',
      reason: '',
      reasonI18n: text,
      framesPerSecond: 5,
      framesSkipped: 1,
      detector: 'motion',
      place: 'gate',
    },
  ],
  devices: [
    {
      id: 'meter',
      name: 'Meter',
      connected: true,
      lastSeen: time,
      lastConnected: time,
      bridge: 'zigbee',
      found: 2,
      messages: 1,
      deadLetters: 1,
      values: { power_w: 1, 'a/on': true },
      place: 'cellar',
      unread: {
        messages: 1,
        inARow: 1,
        nothingUnderstood: false,
        unknownKeys: ['a.b'],
        newest: { topic: 't', at: time, payload: 'x', reason: 'not JSON', reasonI18n: text },
        fields: [{ path: 'a', problem: 'not a number', problemI18n: text, count: 1, at: time }],
      },
      muteRules: [{ rule: 'r', name: 'R', reason: 'no power_w', reasonI18n: text }],
    },
  ],
};
const evidence = [{ id: '00000000000000aa', sha256: 'a'.repeat(64), size: 3, kind: 'picture', media: 'image/jpeg' }];
const alarm: Whole<ActiveAlarm> = {
  ...activeAlarm('1'),
  evidence,
  message_i18n: text,
  value: 5100,
  evidence_problem: 'no clip',
  evidence_problem_i18n: text,
  summary: 'it was',
  summary_i18n: text,
  peak: 6000,
  duration_ms: 5,
  acknowledged_by: 'eve',
  acknowledged_at: time,
  acknowledged_where: 'site',
  acknowledged_with: '2',
  device_name: 'Meter',
  place: 'cellar',
};
const over: Whole<EarlierAlarm> = {
  ...earlierAlarm('2'),
  messageI18n: text,
  acknowledgedBy: 'eve',
  evidence,
  why: 'Its picture is no longer kept',
  ended: 1_780_000_012_000,
};
const cameraTest: Whole<CameraTest> = {
  secondsLeft: 5,
  entries: [
    {
      id: 1,
      time,
      what: 'a person came',
      whatI18n: text,
      verdicts: [{ rule: 'r', name: 'R', fired: true, why: 'in the zone', whyI18n: text }],
    },
  ],
};
const track: Whole<SceneNotice>['tracks'][number] = {
  id: 1,
  class: 'person',
  score: 0.5,
  best: 0.6,
  box: [0, 0, 0.1, 0.1],
  seen: 3,
  static: false,
  zones: ['gate'],
  anyClass: true,
};
const at = 5 as Whole<SceneNotice>['changes'][number]['at'];
const scene: Whole<SceneNotice> = {
  camera: 'yard',
  time,
  tracks: [track],
  changes: [
    { change: 'entered', zone: 'gate', track, at },
    { change: 'crossed', line: 'fence', to: 'left', track, at },
  ],
};
const rule: Whole<SiteRule> = {
  id: 'r',
  name: 'R',
  kind: 'threshold',
  severity: 'info',
  sentence: 'When …',
  sentenceI18n: text,
  config: { id: 'r', kind: 'threshold', above: 3 },
  cannotFire: [{ device: 'meter', reason: 'no' }],
};
const picture: Whole<EvidenceRecord> = {
  id: '00000000000000aa',
  kind: 'picture',
  media: 'image/jpeg',
  sha256: 'a'.repeat(64),
  size: 3,
  time: 1,
  clock: 'synced',
  camera: 'yard',
  alarms: ['1'],
  worth: 'alarm',
  told: [{ alarm: '1', rule: 'r', severity: 'info', message: 'x', test: false, raised: 1 }],
};

/** A fetch that holds each answer against the document. */
async function describing(url: string, cookie: string) {
  const headers = { cookie };
  const document = (await (await fetch(`${url}/openapi.json`, { headers })).json()) as OpenApiDocument;
  const faults: string[] = [];
  const asked = new Set<string>();
  const ask = async (method: string, path: string, body?: unknown, more: Record<string, string> = {}) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(url + path, { method, headers: { ...headers, ...type, ...more }, ...sent });
    const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
    const said = isStream ? '' : await answer.text();
    if (isStream) await answer.body?.cancel();
    const [plain = ''] = path.split('?', 1);
    const { status: code } = answer;
    faults.push(
      ...undescribed(document, {
        method,
        path: plain,
        status: code,
        body: said,
        type: answer.headers.get('content-type') ?? '',
      }),
    );
    asked.add(`${method} ${plain}`);
    return { status: code, body: said };
  };
  return { document, faults, asked, ask };
}

const operationsOf = ({ paths }: OpenApiDocument) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(
      (method) => `${method.toUpperCase()} ${path.replaceAll('{id}', idsIn(path)).replaceAll('{revision}', '1')}`,
    ),
  );
const idsIn = (path: string) => (path.includes('/evidence/') ? picture.id : 'yard');

test('the OpenAPI document names every field and status that the gateway’s API can answer with', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-answers-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'p.jpg');
  await writeFile(file, 'abc');
  const source = new FakeSource();
  source.current = status;
  source.active = [alarm];
  source.earlier = [over, earlierAlarm('3', { ended: undefined })];
  source.siteRules = [rule];
  source.refusals = [refusedView(), refusedView({ kind: 'stranger', principal: null, name: null })];
  source.letters = [
    { device: 'meter' as never, topic: 't', received: 1, reason: 'not JSON', payload: Buffer.from([255, 0]) },
  ];
  source.drawn = {
    yard: {
      zones: [{ id: 'gate', name: 'Gate', points }],
      lines: [{ id: 'fence', name: 'Fence', points: [points[0]!, points[1]!] }],
      masks: [{ id: 'm', points }],
      motion_masks: [{ points }],
    },
  };
  source.rulesByCamera = { yard: [{ id: 'r', name: 'R', kind: 'zone-entered', zone: 'gate', line: 'fence' }] };
  source.cameraTests = { yard: cameraTest };
  source.scenes.set('yard', scene);
  source.kept.set(picture.id, { record: picture, path: file });
  const outbox = source.outbox();
  source.outbox = () =>
    ({ ...outbox, reusedIds: [{ device: 'meter', count: 1, lastAt: 1 }] }) satisfies Whole<OutboxStatus>;
  const hash = await hashPassword('ladder');
  const server = new ConsoleServer({
    gateway: 'farm-1',
    http: { port: 0 },
    users: () => hash,
    roleOf: () => 'operator',
    source,
    health: { alive: () => ({ ok: true, reasons: [] }), ready: () => ({ ok: false, reasons: ['no disk'] }) },
    metrics: { contentType: 'text/plain; version=0.0.4', render: async () => 'forpost_info 1\n' },
    takeBackup: async () => Readable.from([Buffer.from('age')]),
    clock: systemClock,
    logger: silentLogger(),
  });
  await server.start();
  onTestFinished(() => server.stop());
  const login = await fetch(`${server.url}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"user":"installer","password":"ladder"}',
  });
  const cookie = String(login.headers.get('set-cookie')).split(';', 1)[0]!;
  const { document, faults, asked, ask } = await describing(server.url, cookie);

  const revision = source.current.revision;
  const drawn = { zones: [], lines: [], masks: [] };
  expect(await ask('GET', '/api/v1/cameras/yard/picture')).toMatchObject({ status: 204 });
  source.pictures.set('yard', Buffer.from('abc'));
  for (const name of operationsOf(document).filter((one) => one.startsWith('GET '))) await ask('GET', name.slice(4));
  for (const [method, path, body, code, more] of [
    ['POST', '/api/v1/login', { user: 'installer', password: 'ladder' }, 200, { cookie: '' }],
    ['POST', '/api/v1/login', { user: 'installer', password: 'wrong' }, 401],
    ['POST', '/api/v1/login', { user: 'installer' }, 400],
    ['POST', '/api/v1/login', 'text', 415, { 'content-type': 'text/xml' }],
    ['GET', '/api/v1/status', undefined, 401, { cookie: '' }],
    ['GET', '/metrics', undefined, 401, { cookie: '' }],
    ['GET', '/api/v1/alarms/earlier?limit=many', undefined, 400],
    ['GET', '/api/v1/alarms/earlier?before=gone', undefined, 410],
    ['GET', '/api/v1/cameras/nowhere/picture', undefined, 404],
    ['GET', '/api/v1/cameras/nowhere/tracks', undefined, 404],
    ['GET', '/api/v1/evidence/00000000000000bb', undefined, 404],
    ['GET', `/api/v1/evidence/${picture.id}`, undefined, 206, { range: 'bytes=1-1' }],
    ['GET', `/api/v1/evidence/${picture.id}`, undefined, 416, { range: 'bytes=9-' }],
    ['POST', '/api/v1/alarms/acknowledge', { alarm: '1' }, 200],
    ['POST', '/api/v1/alarms/acknowledge', { alarm: '1' }, 409],
    ['POST', '/api/v1/alarms/acknowledge', { alarm: '1' }, 403, { origin: 'https://other.example' }],
    ['POST', '/api/v1/alarms/acknowledge', { alarm: 'x'.repeat(70_000) }, 413],
    ['POST', '/api/v1/backup', { passphrase: 'five words are enough' }, 200],
    ['POST', '/api/v1/backup', { passphrase: 'short' }, 400],
    ['POST', '/api/v1/cameras/yard/trial', { seconds: 5 }, 200],
    ['PUT', '/api/v1/cameras/yard/scene', { revision, ...drawn }, 200],
  ] as const)
    expect([path, (await ask(method, path, body, more)).status]).toEqual([path, code]);
  source.refusal = { conflict: 'somebody else' };
  expect(await ask('PUT', '/api/v1/cameras/yard/scene', { revision, ...drawn })).toMatchObject({ status: 409 });
  source.refusal = { problems: ['two zones share an id'] };
  expect(await ask('PUT', '/api/v1/cameras/yard/scene', { revision, ...drawn })).toMatchObject({ status: 422 });
  expect(await ask('POST', '/api/v1/logout')).toMatchObject({ status: 200 });

  expect(faults).toEqual([]);
  expect(operationsOf(document).filter((name) => !asked.has(name))).toEqual([]);
});

test('each answer of a running gateway has the form that its OpenAPI document gives it', async () => {
  const own = await startGateway({
    devices: ['meter'],
    cameras: [{ id: 'yard', name: 'Yard', url: 'rtsp://127.0.0.1:9/yard' }],
    rules: [{ id: 'overload', kind: 'threshold', device: 'meter', metric: 'power_w', above: 5000 }],
  });
  onTestFinished(() => own.stop());
  const meter = await own.connect('meter');
  const readings = 'forpost/devices/meter/readings';
  await meter.publishAsync(readings, 'no reading', { qos: 1 });
  await meter.publishAsync(readings, JSON.stringify({ values: { power_w: 6000 } }), { qos: 1 });
  await expect(own.connect('meter', { password: 'wrong', clientId: 'other' })).rejects.toThrow();
  const { document, faults, ask } = await describing(own.url, await own.logIn());
  const alarms = async () =>
    JSON.parse((await ask('GET', '/api/v1/alarms')).body) as { readonly alarms: readonly { readonly alarm: string }[] };
  await vi.waitFor(async () => expect((await alarms()).alarms).toHaveLength(1), { timeout: 10_000 });
  const walk = async () => {
    for (const name of operationsOf(document).filter((one) => one.startsWith('GET '))) await ask('GET', name.slice(4));
  };
  await walk();
  const [first] = (await alarms()).alarms;
  expect(await ask('POST', '/api/v1/alarms/acknowledge', { alarm: first?.alarm })).toMatchObject({ status: 200 });
  await meter.publishAsync(readings, JSON.stringify({ values: { power_w: 1 } }), { qos: 1 });
  await vi.waitFor(async () => expect((await alarms()).alarms).toEqual([]), { timeout: 10_000 });
  await walk();
  expect(first).toMatchObject({ message_i18n: { key: expect.any(String) } });
  expect(JSON.parse((await ask('GET', '/api/v1/alarms/earlier')).body)).toMatchObject({ alarms: [{}] });
  expect(JSON.parse((await ask('GET', '/api/v1/refused')).body)).toMatchObject({ refused: [{ kind: 'password' }] });
  const { document: site } = JSON.parse((await ask('GET', '/api/v1/site')).body) as { readonly document: string };
  const renamed = site.replace('name: Test site', 'name: Mill');
  for (const [method, path, body, code, more] of [
    ['GET', '/api/v1/site/diff?from=1', undefined, 200],
    ['GET', '/api/v1/site/revisions/99', undefined, 404],
    ['POST', '/api/v1/site/check', { document: renamed }, 200],
    ['PUT', '/api/v1/site', { document: renamed }, 428],
    ['PUT', '/api/v1/site', { document: renamed }, 200, { 'if-match': '1' }],
    ['PUT', '/api/v1/site', { document: site }, 412, { 'if-match': '1' }],
    ['PUT', '/api/v1/site', { document: 'devices: 5' }, 422, { 'if-match': '2' }],
    ['PATCH', '/api/v1/site', { edits: [{ set: ['site', 'name'], value: 'Home' }] }, 200, { 'if-match': '2' }],
    ['POST', '/api/v1/site/undo', { to: '1' }, 200, { 'if-match': '3' }],
    ['POST', '/api/v1/site/apply', {}, 200],
    ['POST', '/api/v1/pairing/accept', { knocker: 1, name: 'Plug' }, 409],
    ['POST', '/api/v1/pairing/open', { minutes: 1 }, 200],
    ['POST', '/api/v1/pairing/open', { minutes: 31 }, 400],
    ['POST', '/api/v1/pairing/accept', { knocker: 1, name: 'Plug' }, 404],
    ['POST', '/api/v1/pairing/ignore', { knocker: 1 }, 404],
    ['POST', '/api/v1/pairing/close', {}, 200],
  ] as const)
    expect([path, (await ask(method, path, body, more)).status]).toEqual([path, code]);
  expect(faults).toEqual([]);
});
