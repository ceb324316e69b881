/** Jobs of camera set-up: their limits and their end, with real processes where a process is at stake. */
import { FakeClock, systemClock } from '@forpost/shared/clock.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { afterEach, expect, test, vi } from 'vitest';
import { probeMatch } from '../../scripts/camera/onvif/answers.ts';
import { DiscoveryResponder } from '../../scripts/camera/onvif/discovery-responder.ts';
import { OnvifDevice } from '../../scripts/camera/onvif/onvif-device.ts';
import { CameraSetUp, SetUpBusy } from './camera-set-up.ts';
import type { JobEvents } from './job.ts';
import type { Job } from './messages.ts';

let stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops) await stop();
  stops = [];
});

/** Set-up whose jobs wait for the test. */
function held() {
  const clock = new FakeClock();
  const jobs: { readonly job: Job; readonly events: JobEvents; stopped: boolean }[] = [];
  const setUp = new CameraSetUp({
    clock,
    run: (job, _deadline, _clock, events) => {
      const one = { job, events, stopped: false };
      jobs.push(one);
      return {
        stop: () => {
          one.stopped = true;
        },
      };
    },
  });
  return { setUp, jobs, clock };
}

const ask = { address: 'http://10.0.0.7/onvif/device_service', trust: {} };

test('a search runs once at a time, reports what it finds, and is forgotten after a quarter of an hour', () => {
  const { setUp, jobs, clock } = held();
  setUp.search();
  setUp.search();
  expect(jobs).toHaveLength(1);
  const camera = { id: 'urn:uuid:1', name: 'Yard', model: '', host: '10.0.0.7' };
  jobs[0]?.events.message({ kind: 'found', camera });
  expect(setUp.found()).toMatchObject({ isRunning: true, cameras: [camera] });
  jobs[0]?.events.over();
  expect(setUp.found()).toMatchObject({ isRunning: false, cameras: [camera] });
  clock.advance(16 * 60_000);
  expect(setUp.found()).toMatchObject({ began: undefined, cameras: [] });
});

test('two cameras may be asked at once, and a third has to wait', async () => {
  const { setUp, jobs } = held();
  const first = setUp.ask(ask);
  void setUp.test({ streams: [{ url: 'rtsp://10.0.0.8/' }], trust: {} });
  await expect(setUp.ask(ask)).rejects.toThrow(SetUpBusy);
  jobs[0]?.events.over({ reason: words('gateway/reason.login-needed'), needsLogin: true });
  expect(await first).toEqual({ refused: 'the camera asks for a user and a password', needsLogin: true });
  void setUp.ask(ask);
  expect(jobs).toHaveLength(3);
});

test('a stream test that ends halfway reports its results, and why the rest is missing', async () => {
  const { setUp, jobs } = held();
  const streams = [{ url: 'rtsp://10.0.0.8/main' }, { url: 'rtsp://10.0.0.8/sub' }];
  const tested = setUp.test({ streams, trust: {} });
  jobs[0]?.events.message({ kind: 'measured', reading: { url: 'rtsp://10.0.0.8/main', codec: 'H264' } });
  jobs[0]?.events.over({ reason: words('gateway/reason.set-up-slow', { seconds: 70 }), needsLogin: false });
  expect(await tested).toEqual([
    { url: 'rtsp://10.0.0.8/main', codec: 'H264' },
    { url: 'rtsp://10.0.0.8/sub', failure: 'the camera took longer than 70 s' },
  ]);
});

test('when the gateway stops, every job ends and its caller gets an answer', async () => {
  const { setUp, jobs } = held();
  setUp.search();
  const asked = setUp.ask(ask);
  await setUp.stop();
  expect(jobs.map(({ stopped }) => stopped)).toEqual([true, true]);
  expect(await asked).toEqual({ refused: 'the gateway is stopping', needsLogin: false });
});

test('in a process of its own a camera is found, and asked with its log-in', async () => {
  const login = { user: 'admin', password: 'ladder-7' };
  const device = new OnvifDevice({ make: 'dahua', ...login });
  await device.start();
  stops.push(() => device.stop());
  const responder = new DiscoveryResponder({
    port: 0,
    answer: (id) => [probeMatch(device.make, device.id, id, [device.address])],
  });
  await responder.start();
  stops.push(() => responder.stop());
  const setUp = new CameraSetUp({ clock: systemClock, discoveryPort: responder.port });
  stops.push(() => setUp.stop());
  setUp.search(20_000);
  await vi.waitFor(() => expect(setUp.found().cameras).toHaveLength(1), { timeout: 20_000, interval: 50 });
  const address = setUp.found().cameras[0]?.address ?? '';
  expect(await setUp.ask({ address, login, trust: {} })).toMatchObject({ model: 'IPC-HDW2431T-AS-S2' });
}, 40_000);

test('an answer that keeps the parser busy forever ends only its own job', async () => {
  const device = new OnvifDevice({
    misbehave: (_, response) => Boolean(response.end(`<a>${'<b c="'.repeat(60_000)}`)),
  });
  await device.start();
  stops.push(() => device.stop());
  const setUp = new CameraSetUp({ clock: systemClock });
  stops.push(() => setUp.stop());
  const began = performance.now();
  expect(await setUp.ask({ address: device.address, trust: {} })).toMatchObject({ needsLogin: false });
  expect(performance.now() - began).toBeLessThan(30_000);
}, 40_000);
