/** Video from end to end: a real RTSP stream, a local alert when somebody enters a zone, and the event in the history. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCamera } from '../../scripts/camera/camera.ts';
import { driveLine, yardWidth } from '../../scripts/camera/yard.ts';
import { cameraCache } from '../harness/root.ts';
import { allEvents, logIn, TestSite, testPassword, until } from '../harness/site.ts';

let site: TestSite;
let camera: Awaited<ReturnType<typeof startCamera>>;

beforeAll(async () => {
  camera = await startCamera({
    port: 0,
    path: '/yard',
    user: 'viewer',
    password: 'of-the-tests',
    cache: cameraCache,
  });
  site = await TestSite.start({
    devices: [],
    uplink: 'http',
    cameras: [
      {
        id: 'yard',
        url: camera.url,
        detector: 'motion',
        fps: 5,
        zones: [
          {
            id: 'all',
            points: [
              [0, 0],
              [1, 0],
              [1, 1],
              [0, 1],
            ],
          },
        ],
        lines: [{ ...driveLine, points: [...driveLine.points] }],
      },
    ],
    cameraSecrets: { yard: { user: 'viewer', password: 'of-the-tests' } },
    rules: [
      { id: 'intruder', kind: 'zone-entered', camera: 'yard', zone: 'all', severity: 'critical', clear_after_s: 2 },
      { id: 'drive', kind: 'line-crossed', camera: 'yard', line: driveLine.id, confirmations: 2, severity: 'info' },
    ],
  });
});
afterAll(async () => {
  await site?.stop();
  await camera?.stop();
});

test('when somebody walks through the yard and over the drive, both alarms are raised and stored in the history', async () => {
  const display = await site.connect('wall-display');
  const received: { rule: string; change: string; device: string; latency_ms: number; value: unknown }[] = [];
  display.on('message', (_topic, payload) => received.push(JSON.parse(payload.toString())));
  await display.subscribeAsync('forpost/alerts/+/yard');
  await until('the camera is live', async () => {
    const status = await site.local<{ cameras: { state: string }[] }>('/api/v1/status');
    return status.cameras[0]?.state === 'live';
  });
  for (const rule of ['intruder', 'drive'])
    await until(
      `the alert of ${rule} arrived`,
      () => received.some((h) => h.rule === rule && h.change === 'raised'),
      60_000,
    );
  expect(['left', 'right']).toContain(received.find((h) => h.rule === 'drive')?.value);
  await until(
    'it is in the history',
    async () => (await allEvents(site, 'device=yard&type=forpost.alert.v1')).length > 0,
  );
  expect((await allEvents(site, 'device=yard&type=forpost.vision.observation.v1')).length).toBeGreaterThan(0);
  await display.endAsync();
});

test('the live picture carries its time, by the clock of the boxes on it', async () => {
  const base = `http://127.0.0.1:${site.httpPort}`;
  const cookie = await logIn(base, 'installer', testPassword);
  type Seen = { scene: { time: string; tracks: object[] } | null };
  // waits for a picture and boxes of the same frame
  await until('a picture and its boxes', async () => {
    const { scene } = await site.local<Seen>('/api/v1/cameras/yard/tracks');
    const picture = await fetch(`${base}/api/v1/cameras/yard/picture`, { headers: { cookie } });
    if (scene === null || picture.status !== 200) return false;
    expect(Buffer.from(await picture.arrayBuffer()).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
    const taken = Date.parse(picture.headers.get('forpost-taken') ?? '');
    return Math.abs(taken - Date.parse(scene.time)) <= 5;
  });
});

test('an alarm gets a picture and a clip of the seconds around it, and each view of them is recorded with the viewer’s name', async () => {
  type Alert = {
    data: { alarm: string; change: string; evidence: { id: string; kind: string; size: number; sha256: string }[] };
  };
  const alert = await until('an alert refers to a clip', async () =>
    ((await allEvents(site, 'device=yard&type=forpost.alert.v1')) as unknown as Alert[]).find(
      // the end of an alarm would refer to the clip too
      ({ data }) => data.change === 'updated' && data.evidence.some(({ kind }) => kind === 'clip'),
    ),
  );
  expect(alert.data.evidence.map(({ kind }) => kind)).toContain('picture');
  const base = `http://127.0.0.1:${site.httpPort}`;
  const cookie = await logIn(base, 'installer', testPassword);
  for (const { id, kind, sha256 } of alert.data.evidence) {
    const address = `${base}/api/v1/evidence/${id}`;
    expect((await fetch(address)).status).toBe(401);
    const bytes = Buffer.from(await (await fetch(address, { headers: { cookie } })).arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    const part = await fetch(address, { headers: { cookie, range: 'bytes=2-5' } });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, bytes.subarray(2, 6)]);
    const file = join(site.folder, `looked-at.${kind === 'clip' ? 'mp4' : 'jpg'}`);
    await writeFile(file, bytes);
    const { codec_name: codec, width, duration } = probe(file);
    if (kind === 'clip') {
      // the camera's own encoding and size: 5 s before, 8 s after, from one key frame to another
      expect([codec, width]).toEqual(['h264', yardWidth]);
      expect(Number(duration)).toBeGreaterThan(7);
      expect(Number(duration)).toBeLessThan(25);
    } else expect(codec).toBe('mjpeg');
  }
  const list = await site.local<{ evidence: { id: string }[] }>(
    `/api/v1/evidence?alarm=${encodeURIComponent(alert.data.alarm)}`,
  );
  expect(list.evidence.map(({ id }) => id).sort()).toEqual(alert.data.evidence.map(({ id }) => id).sort());
  const views = await until('the views are in the history', async () => {
    const events = await allEvents(site, 'type=forpost.gateway.v1');
    const viewed = events
      .map(({ data }) => data as { change: string; by: string })
      .filter((one) => one.change === 'evidence-viewed');
    return viewed.length >= alert.data.evidence.length ? viewed : undefined;
  });
  // two requests for the same item within a minute count as one view
  expect(views).toHaveLength(alert.data.evidence.length);
  expect(new Set(views.map(({ by }) => by))).toEqual(new Set(['installer']));
  const metrics = await (await fetch(`${base}/metrics`, { headers: { cookie } })).text();
  expect(metrics).toContain(`forpost_evidence_views_total ${views.length}\n`);
  expect(metrics).toMatch(/^forpost_evidence_items [1-9]/m);
  expect(metrics).toMatch(/^forpost_evidence_bytes [1-9]/m);
  expect(metrics).toMatch(/^forpost_vision_resident_memory_bytes [1-9]/m);
});

test('an alarm that is over is listed with its pictures, also after the gateway was killed and started again', async () => {
  type Earlier = { alarms: { alarm: string; ended: string | null; evidence: { kind: string }[] }[] };
  const earlier = async () => (await site.local<Earlier>('/api/v1/alarms/earlier?device=yard&pictured=true')).alarms;
  const over = await until('an alarm is over and has its clip', async () =>
    (await earlier()).find(({ ended, evidence }) => ended !== null && evidence.some(({ kind }) => kind === 'clip')),
  );
  // a kill before the end is stored would leave the alarm active
  await until('its end is in the history', async () =>
    (await allEvents(site, 'device=yard&type=forpost.alert.v1')).some(
      ({ data }) => data.alarm === over.alarm && data.change === 'cleared',
    ),
  );
  await site.gateway?.kill();
  await site.startGateway();
  const again = await until('the alarm is listed again', async () =>
    (await earlier()).find(({ alarm }) => alarm === over.alarm),
  );
  expect(again.evidence.map(({ kind }) => kind)).toEqual(expect.arrayContaining(over.evidence.map(({ kind }) => kind)));
});

test('the centre fetches a picture and the clip of an alarm, and the gateway sends nothing that was not requested', async () => {
  type Alarm = {
    alarm: string;
    gateway: string;
    evidence: { id: string; kind: string; media: string; sha256: string; size: number }[];
  };
  const alarm = await until('an alarm with a clip', async () =>
    (await site.api<{ alarms: Alarm[] }>('/api/v1/alarms')).alarms.find(({ evidence }) =>
      evidence.some(({ kind }) => kind === 'clip'),
    ),
  );
  const list = `/api/v1/gateways/${alarm.gateway}/evidence`;
  expect(await site.api(list)).toEqual({ evidence: [] });
  for (const { id, sha256, size, media } of alarm.evidence)
    await site.post(list, { evidence: id, sha256, size, media, alarm: alarm.alarm });
  await until('all of it is there', async () => {
    const { evidence } = await site.api<{ evidence: { arrived: string | null }[] }>(list);
    return evidence.length === alarm.evidence.length && evidence.every(({ arrived }) => arrived !== null);
  });
  const base = `http://127.0.0.1:${site.centrePort}`;
  const cookie = await logIn(base, 'admin', site.centrePassword);
  for (const { sha256 } of alarm.evidence) {
    const address = `${base}${list}/${sha256}`;
    expect((await fetch(address)).status).toBe(401);
    const bytes = Buffer.from(await (await fetch(address, { headers: { cookie } })).arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  }
  // a centre without Kafka records views in this file
  const looks = (await readFile(join(site.folder, 'centre/operations.jsonl'), 'utf8')).trim().split('\n');
  expect(looks.map((line) => (JSON.parse(line) as { data: { sha256: string } }).data.sha256).sort()).toEqual(
    alarm.evidence.map(({ sha256 }) => sha256).sort(),
  );
});

test('a zone that is drawn on the page is saved to site.yaml and applies at once, without a restart', async () => {
  const base = `http://127.0.0.1:${site.httpPort}`;
  const cookie = await logIn(base, 'installer', testPassword);
  const before = await site.local<{ revision: string; zones: object[]; lines: object[]; masks: object[] }>(
    '/api/v1/cameras/yard/scene',
  );
  const gateway = site.gateway?.pid;
  const save = (revision: string, zones: object[]) =>
    fetch(`${base}/api/v1/cameras/yard/scene`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', origin: base, cookie },
      body: JSON.stringify({
        revision,
        zones,
        lines: before.lines,
        masks: before.masks,
        motion_masks: [{ points: sky }],
      }),
    });
  const points = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ];
  const sky = points.map(([x, y]) => [x, y === 0 ? 0 : 0.05]);
  const zones = [...before.zones, { id: 'drawn', name: 'Drawn', points }];
  // a rule refers to the zone that is removed
  expect((await save(before.revision, zones.slice(1))).status).toBe(422);
  const saved = await save(before.revision, zones);
  expect(saved.status).toBe(200);
  const { revision } = (await saved.json()) as { revision: string };
  expect((await save(before.revision, before.zones)).status).toBe(409);
  expect((await site.local<{ revision: string }>('/api/v1/status')).revision).toBe(revision);
  expect(
    createHash('sha256')
      .update(await readFile(join(site.folder, 'site.yaml')))
      .digest('hex'),
  ).toBe(revision);
  await until('somebody is seen in it', async () =>
    (await allEvents(site, 'device=yard&type=forpost.vision.observation.v1')).some(
      ({ data }) => (data as { zone?: string }).zone === 'drawn',
    ),
  );
  expect(site.gateway?.pid).toBe(gateway);
  // the camera was never lost
  const lost = (await allEvents(site, 'type=forpost.gateway.v1')).filter(
    ({ data }) => (data as { change: string }).change === 'camera-lost',
  );
  expect(lost).toEqual([]);
});

test('while a camera sends nothing the page shows the reason, and afterwards the camera is live again', async () => {
  camera.stall();
  const lost = await until('the stall was noticed', async () => {
    const status = await site.local<{ cameras: { state: string; reason: string }[] }>('/api/v1/status');
    return status.cameras.find((c) => c.state !== 'live' && c.reason !== '');
  });
  expect(lost.reason).not.toBe('');
  camera.resume();
  await until(
    'it is live again',
    async () => {
      const status = await site.local<{ cameras: { state: string }[] }>('/api/v1/status');
      return status.cameras[0]?.state === 'live';
    },
    30_000,
  );
});

test('when the gateway is killed, its vision process and all ffmpegs end', async () => {
  // found by pid: no command line contains the camera's address
  const children = descendantsOf(site.gateway?.pid ?? 0);
  expect(children.some(({ args }) => args.includes('ffmpeg'))).toBe(true);
  expect(children.some(({ args }) => args.includes('vision/process/main.ts'))).toBe(true);
  await site.gateway?.kill();
  await until('they are gone', () => {
    const running = new Set(processes().map(({ pid }) => pid));
    return children.every(({ pid }) => !running.has(pid));
  });
});

function probe(file: string): { codec_name: string; width: number; duration: string } {
  const { stdout } = spawnSync(
    'ffprobe',
    ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'stream=codec_name,width,duration', '-of', 'json', file],
    { encoding: 'utf8' },
  );
  return (JSON.parse(stdout) as { streams: [{ codec_name: string; width: number; duration: string }] }).streams[0];
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly args: string;
}

function processes(): Process[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), args: args ?? '' }];
  });
}

function descendantsOf(ancestor: number, all = processes()): Process[] {
  return all.filter(({ parent }) => parent === ancestor).flatMap((child) => [child, ...descendantsOf(child.pid, all)]);
}
