/** Video, end to end: a real RTSP stream goes in, an alert of a zone entered comes out locally and stands in the history. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCamera } from '../../scripts/camera/camera.ts';
import { root } from '../harness/process.ts';
import { allEvents, TestSite, until } from '../harness/site.ts';

let site: TestSite;
let camera: Awaited<ReturnType<typeof startCamera>>;

beforeAll(async () => {
  camera = await startCamera({
    port: 0,
    path: '/yard',
    user: 'viewer',
    password: 'of-the-tests',
    cache: join(root, '.forpost/cache/camera'),
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
      },
    ],
    cameraSecrets: { yard: { user: 'viewer', password: 'of-the-tests' } },
    rules: [
      { id: 'intruder', kind: 'zone-entered', camera: 'yard', zone: 'all', severity: 'critical', clear_after_s: 2 },
    ],
  });
});
afterAll(async () => {
  await site?.stop();
  await camera?.stop();
});

test('somebody walks through the yard: the alarm is raised on the site and stands in the history', async () => {
  const display = await site.connect('wall-display');
  const heard: { change: string; device: string; latency_ms: number }[] = [];
  display.on('message', (_topic, payload) => heard.push(JSON.parse(payload.toString())));
  await display.subscribeAsync('forpost/alerts/intruder/yard');
  await until('the camera is live', async () => {
    const status = await site.local<{ cameras: { state: string }[] }>('/api/v1/status');
    return status.cameras[0]?.state === 'live';
  });
  await until('an alert was heard', () => heard.some((h) => h.change === 'raised'), 60_000);
  await until(
    'it is in the history',
    async () => (await allEvents(site, 'device=yard&type=forpost.alert.v1')).length > 0,
  );
  expect((await allEvents(site, 'device=yard&type=forpost.vision.observation.v1')).length).toBeGreaterThan(0);
  await display.endAsync();
});

test('the camera goes away and comes back: the page says why meanwhile, and vision is live again', async () => {
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

test('when the gateway is killed no ffmpeg and no vision process is left behind', async () => {
  // by id: the camera's address stands in no list of processes
  const children = descendantsOf(site.gateway?.pid ?? 0);
  expect(children.some(({ args }) => args.includes('ffmpeg'))).toBe(true);
  expect(children.some(({ args }) => args.includes('vision/process/main.ts'))).toBe(true);
  await site.gateway?.kill();
  await until('they are gone', () => {
    const running = new Set(processes().map(({ pid }) => pid));
    return children.every(({ pid }) => !running.has(pid));
  });
});

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
