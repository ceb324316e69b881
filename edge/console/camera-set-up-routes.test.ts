/** The API that finds, asks, tests and adds cameras: rights, the ways of log-ins, and answers without passwords. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SetUpBusy } from '../cameras/camera-set-up.ts';
import type { DeviceAnswer, StreamReading } from '../cameras/messages.ts';
import { writeCameraLogin } from '../config/camera-logins.ts';
import { loadSite } from '../config/load-site.ts';
import { SiteDocument } from '../site/document.ts';
import type { CameraConfig } from '../site/site.ts';
import type { CameraSetUpParts } from './camera-set-up-routes.ts';
import { ConsoleServer } from './server.ts';
import { FakeSource } from './testing/source.ts';

const siteText = `site:
  id: farm
  timezone: Europe/Berlin
devices: []
cameras:
  # the first one
  - id: yard
    url: rtsp://10.0.0.7/sub
`;
const secretsText = `mqtt: {}
console: {}
cameras:
  yard: { user: admin, password: old-secret } # of the yard
`;
const device: DeviceAnswer = {
  manufacturer: 'Dahua',
  model: 'IPC',
  firmware: '1',
  serial: '2',
  streams: [
    {
      name: 'main',
      codec: 'H264',
      width: 2688,
      height: 1520,
      framesPerSecond: 20,
      keyFrameSeconds: 2,
      sound: true,
      url: 'rtsp://10.0.0.9/main',
    },
  ],
  notes: [words('gateway/reason.onvif-no-video')],
};

let folder: string;
let document: SiteDocument;
let server: ConsoleServer;
let operator: string;
let viewer: string;
const asked: unknown[] = [];
const changed: unknown[] = [];
let setUp: CameraSetUpParts['setUp'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-cameras-'));
  const hash = await hashPassword('ladder');
  const place = { secrets_file: join(folder, 'secrets.yaml'), data: folder };
  writeFileSync(join(folder, 'site.yaml'), siteText);
  writeFileSync(place.secrets_file, secretsText, { mode: 0o600 });
  document = new SiteDocument({
    file: join(folder, 'site.yaml'),
    data: folder,
    load: (text) => loadSite(join(folder, 'site.yaml'), place.secrets_file, text),
    clock: systemClock,
  });
  await document.open();
  server = new ConsoleServer({
    gateway: 'farm-1',
    http: { port: 0 },
    source: new FakeSource(),
    clock: systemClock,
    logger: silentLogger(),
    document,
    users: () => hash,
    roleOf: (name) => (name === 'wall' ? 'viewer' : 'operator'),
    cameras: {
      setUp: {
        search: (ms) => setUp.search(ms),
        found: () => setUp.found(),
        ask: (job) => setUp.ask(job),
        test: (job) => setUp.test(job),
      },
      cameras: () => [{ id: asId<'device'>('yard'), url: 'rtsp://10.0.0.7/sub' } as unknown as CameraConfig],
      loginOf: () => ({ user: 'admin', password: 'old-secret' }),
    },
    cameraLogins: {
      write: (camera, login) => writeCameraLogin(place, camera, login),
      change: async (camera, login) => {
        writeCameraLogin(place, camera, login);
        changed.push(camera);
      },
    },
    health: { alive: () => ({ ok: true, reasons: [] }), ready: () => ({ ok: true, reasons: [] }) },
    metrics: { contentType: 'text/plain', render: async () => '' },
  });
  await server.start();
  [operator, viewer] = [await logIn('anna'), await logIn('wall')];
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  asked.length = 0;
  const found = () => ({ isRunning: false, began: 0, cameras: [], problems: [] });
  setUp = {
    search: found,
    found,
    ask: async (job) => {
      asked.push(job);
      return device;
    },
    test: async (job) => {
      asked.push(job);
      return job.streams.map(({ url }): StreamReading => ({ url, codec: 'H265', width: 640, height: 360 }));
    },
  };
});

async function logIn(user: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${server.url}/api/v1/login`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ user, password: 'ladder' }),
  });
  return String(answer.headers.get('set-cookie')).split(';')[0] ?? '';
}

async function send(
  method: string,
  path: string,
  body?: object,
  { as = operator, ...more }: Record<string, string> = {},
) {
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await fetch(`${server.url}/api/v1/${path}`, {
    method,
    headers: { cookie: as, ...json, ...more },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

test('a viewer sees what was found, and neither searches, asks, tests nor adds', async () => {
  expect((await send('GET', 'cameras/found', undefined, { as: viewer })).status).toBe(200);
  for (const [method, path] of [
    ['POST', 'cameras/found'],
    ['POST', 'cameras/ask'],
    ['POST', 'cameras/test'],
    ['PUT', 'cameras/yard'],
  ] as const)
    expect((await send(method, path, {}, { as: viewer })).status).toBe(403);
  expect(asked).toEqual([]);
});

test('found cameras are listed with those of the site marked, and what is wrong in words', async () => {
  setUp = {
    ...setUp,
    found: () => ({
      isRunning: true,
      began: 0,
      cameras: [
        { id: 'a', name: 'Yard', model: 'M1', host: '10.0.0.7', address: 'http://10.0.0.7/onvif' },
        {
          id: 'b',
          name: '',
          model: '',
          host: '192.168.1.108',
          problem: words('gateway/reason.camera-elsewhere', { address: '192.168.1.108' }),
        },
      ],
      problems: [],
    }),
  };
  const { body } = await send('POST', 'cameras/found', { seconds: 3 });
  expect(body).toMatchObject({
    searching: true,
    cameras: [
      { id: 'a', known: 'yard' },
      { id: 'b', problem: { textI18n: { key: 'gateway/reason.camera-elsewhere' } } },
    ],
  });
});

test('a camera is asked at its found or typed address, and at no other', async () => {
  const login = { user: 'admin', password: 'new-secret' };
  const typed = await send('POST', 'cameras/ask', { address: '10.0.0.9', login });
  expect(typed.status).toBe(200);
  expect(typed.body).toMatchObject({
    detection: 'rtsp://10.0.0.9/main',
    notes: [{ textI18n: { key: 'gateway/reason.onvif-no-video' } }],
  });
  expect(asked).toEqual([{ address: 'http://10.0.0.9/onvif/device_service', login, trust: {} }]);
  expect(JSON.stringify(typed.body)).not.toContain('new-secret');
  expect((await send('POST', 'cameras/ask', { found: 'nobody' })).body.detail).toMatch(/no longer in the list/);
  expect((await send('POST', 'cameras/ask', { address: 'file:///etc/passwd' })).status).toBe(422);
});

test('a refusal says in words what the camera wants, and a third question at once is told to wait', async () => {
  setUp = { ...setUp, ask: async () => ({ refused: words('gateway/reason.login-needed'), needsLogin: true }) };
  expect(await send('POST', 'cameras/ask', { address: '10.0.0.9' })).toMatchObject({
    status: 422,
    body: { needsLogin: true, detailI18n: { key: 'gateway/reason.login-needed' } },
  });
  setUp = { ...setUp, ask: () => Promise.reject(new SetUpBusy()) };
  expect((await send('POST', 'cameras/ask', { address: '10.0.0.9' })).status).toBe(429);
});

test('streams are tested with what is wrong in words', async () => {
  const { body } = await send('POST', 'cameras/test', { streams: [{ url: 'rtsp://admin:x@10.0.0.9/main' }] });
  expect(body).toMatchObject({
    streams: [
      {
        url: 'rtsp://10.0.0.9/main',
        usable: true,
        findings: [{ level: 'warning', textI18n: { key: 'gateway/finding.h265' } }],
      },
    ],
    evidence: 'rtsp://10.0.0.9/main',
  });
});

test('the stored log-in of a camera goes only to that camera’s host', async () => {
  await send('POST', 'cameras/test', { camera: 'yard', streams: [{ url: 'rtsp://10.0.0.7:8554/main' }] });
  expect(asked).toMatchObject([{ login: { user: 'admin', password: 'old-secret' } }]);
  const away = await send('POST', 'cameras/test', {
    camera: 'yard',
    streams: [{ url: 'rtsp://10.0.0.7/a' }, { url: 'rtsp://10.6.6.6/' }],
  });
  expect(away).toMatchObject({ status: 422, body: { detailI18n: { key: 'gateway/answer.login-elsewhere' } } });
  expect(asked).toHaveLength(1);
});

const seen = () => ({ 'if-match': `"${document.newest.sha256}"` });
const secrets = () => readFileSync(join(folder, 'secrets.yaml'), 'utf8');

test('a camera is added with its log-in: the camera in the document, the password among the secrets', async () => {
  const edits = [{ set: ['cameras', 'gate'], value: { url: 'rtsp://10.0.0.9/main' } }];
  const added = await send(
    'PUT',
    'cameras/gate',
    { edits, login: { user: 'root', password: 'gate: #secret' } },
    seen(),
  );
  expect(added.status).toBe(200);
  expect(document.text).toContain('# the first one');
  expect(document.text).toContain('- id: gate\n    url: rtsp://10.0.0.9/main');
  expect(document.text).not.toContain('secret');
  expect(secrets()).toContain('# of the yard');
  expect(loadSite(join(folder, 'site.yaml'), join(folder, 'secrets.yaml')).secrets.cameras?.gate).toEqual({
    user: 'root',
    password: 'gate: #secret',
  });
  expect(JSON.stringify(added.body)).not.toContain('gate: #secret');
});

test('a refused change leaves the log-in as it was', async () => {
  const before = secrets();
  const login = { user: 'root', password: 'other' };
  const wrong = [{ set: ['cameras', 'yard', 'url'], value: 'gopher://10.0.0.9' }];
  expect((await send('PUT', 'cameras/yard', { edits: wrong, login }, seen())).status).toBe(422);
  expect((await send('PUT', 'cameras/yard', { edits: wrong, login }, { 'if-match': '"0000"' })).status).toBe(412);
  expect((await send('PUT', 'cameras/yard', { edits: wrong, login })).status).toBe(428);
  expect(secrets()).toBe(before);
});

test('a log-in alone changes at once, and an empty user removes it', async () => {
  const revision = document.newest.number;
  expect((await send('PUT', 'cameras/yard', { login: { user: 'admin', password: 'changed' } }, seen())).status).toBe(
    200,
  );
  expect(changed).toEqual(['yard']);
  expect(secrets()).toContain('changed');
  await send('PUT', 'cameras/yard', { login: { user: '', password: '' } }, seen());
  expect(secrets()).not.toContain('yard:');
  expect(document.newest.number).toBe(revision);
});
