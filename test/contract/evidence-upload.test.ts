/** Evidence from a gateway to the centre over real HTTP: the gateway's uploader against the centre's receiver. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { EvidenceDepot } from '../../cloud/evidence/depot.ts';
import { addEvidenceUpload } from '../../cloud/evidence/upload.ts';
import { receiverPlugin } from '../../cloud/receiver/receiver.ts';
import { EvidenceUpload, type UploadTarget } from '../../edge/evidence/upload.ts';
import type { EvidenceLink } from '../../edge/uplink/evidence-link.ts';
import { Pacer } from '../../edge/uplink/thread/pacer.ts';
import type { PacingLimits } from '../../edge/uplink/thread/pacing.ts';
import { UplinkMemory } from '../../edge/uplink/thread/uplink-memory.ts';
import { until } from '../harness/process.ts';

const token = 'the-token-of-the-tests-0123456789';
const hash = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

async function rig() {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-upload-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const world = {
    depot: undefined as unknown as EvidenceDepot,
    fail: 0,
    puts: 0,
    offsets: [] as number[],
    /** hashes that are refused now */
    busy: new Set<string>(),
  };
  const openDepot = async (maxBytes = 1e8) => {
    world.depot = new EvidenceDepot({
      folder: join(folder, 'depot'),
      clock: systemClock,
      logger: silentLogger(),
      maxBytes,
    });
    await world.depot.start();
    return world.depot;
  };
  await openDepot();
  const app = fastify();
  app.addHook('onRequest', async (request, reply) => {
    if ([...world.busy].some((sha256) => request.url.includes(sha256))) return reply.code(503).send('not now');
    if (request.method !== 'PUT') return;
    world.puts++;
    world.offsets.push(Number(/bytes (\d+)/.exec(request.headers['content-range'] ?? '')?.[1]));
    if (world.fail > 0 && world.puts % 2 === 0) {
      world.fail--;
      request.raw.destroy();
    }
  });
  // the present depot: a restart of the centre replaces it
  const depot = new Proxy({} as EvidenceDepot, {
    get: (_, name) => (world.depot[name as keyof EvidenceDepot] as () => unknown).bind(world.depot),
  });
  await app.register(receiverPlugin, {
    gateways: () => ({ 'gw-1': { token_sha256: hash(token) }, 'gw-2': { token_sha256: hash('other-token') } }),
    delivery: { events: async () => {}, status: async () => {} },
    capabilities: { addGatewayRoutes: (app, gatewayOf) => addEvidenceUpload(app, depot, gatewayOf) },
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  const failed: string[] = [];
  const uploader = async (more: Partial<UploadTarget> = {}, clock: Clock = systemClock, link?: EvidenceLink) => {
    const upload = new EvidenceUpload({
      file: join(folder, 'queue.json'),
      target: { url, token, ...more },
      link,
      clock,
      random: () => 0,
      logger: silentLogger(),
      failed: (_, reason) => failed.push(reason),
    });
    await upload.start();
    onTestFinished(() => upload.stop());
    return upload;
  };
  const picture = async (bytes: number) => {
    const content = randomBytes(bytes);
    const path = join(folder, `${hash(content)}.jpg`);
    await writeFile(path, content);
    const item = { id: hash(content).slice(0, 16), sha256: hash(content), size: bytes };
    return { content, path, item, queued: { ...item, path } };
  };
  const want = (item: { id: string; sha256: string; size: number }, gateway = 'gw-1') =>
    world.depot.request({
      gateway,
      evidence: item.id,
      sha256: item.sha256,
      size: item.size,
      media: 'image/jpeg',
      alarm: 'a/1',
      by: 'anna',
    });
  const here = (sha256: string) => world.depot.get('gw-1', sha256)?.arrived ?? undefined;
  /** the pacer of a link whose daily count is stored as the uplink stores it */
  const pacerOf = (limits: PacingLimits) => {
    const memory = new UplinkMemory(join(folder, 'uplink-memory.json'), silentLogger());
    return new Pacer({ sink: 'centre', limits, clock: systemClock, timeZone: 'UTC', memory });
  };
  return { pacerOf, folder, world, openDepot, uploader, picture, want, here, failed, url };
}

const over = (pacer: Pacer): EvidenceLink => ({
  grant: async (bytes) => pacer.grantBytes(bytes),
  spent: (bytes) => pacer.spent('evidence', bytes),
});

test('requested evidence arrives whole, in parts, even over a connection that breaks', async () => {
  const { world, uploader, picture, want, here } = await rig();
  const { content, item, queued } = await picture(1_000_003);
  await want(item);
  world.fail = 3;
  const upload = await uploader();
  await upload.add(queued);
  await until('it is here', () => here(item.sha256));
  expect(await readFile(world.depot.pathOf({ gateway: 'gw-1', sha256: item.sha256 }))).toEqual(content);
  // the upload continued and did not begin again
  expect(world.offsets.filter((at) => at === 0).length).toBeLessThanOrEqual(2);
  await until('the queue is empty', () => upload.waiting === 0);
  expect(upload.figures()).toMatchObject({ waiting: 0, sent: 1, givenUp: 0 });
  expect(upload.figures().failedTries).toBeGreaterThan(0);
});

test('after a restart of either side the upload continues', async () => {
  const { world, openDepot, uploader, picture, want, here, pacerOf } = await rig();
  const { item, queued } = await picture(300_000);
  await want(item);
  const slow = await uploader({}, systemClock, over(pacerOf({ bytesPerSecond: 200_000 })));
  await slow.add(queued);
  await until('a part has arrived', () => (world.depot.list('gw-1')[0]?.received ?? 0) > 0);
  await slow.stop();
  const before = world.depot.list('gw-1')[0]?.received ?? 0;
  await openDepot();
  expect(world.depot.list('gw-1')[0]?.received).toBe(before);
  const puts = world.offsets.length;
  await uploader();
  await until('it is here', () => here(item.sha256));
  expect(world.offsets[puts]).toBe(before);
});

test('over a metered link half of a day’s bytes stay for events, also after kills and for a larger picture', async () => {
  const { world, uploader, picture, want, pacerOf } = await rig();
  const { item, queued } = await picture(1_000_000);
  await want(item);
  const limits = { bytesPerDay: 600_000 };
  const received = () => world.depot.list('gw-1')[0]?.received ?? 0;
  let pacer = pacerOf(limits);
  pacer.spent('telemetry', 50_000);
  let asked = 0;
  let given = 0;
  const counting = (): EvidenceLink => ({
    ...over(pacer),
    grant: async (bytes) => {
      const grant = pacer.grantBytes(bytes);
      if (grant.bytes === 0) asked++;
      given += grant.bytes;
      return grant;
    },
  });
  const first = await uploader({}, systemClock, counting());
  await first.add(queued);
  await until('it waits for the next day', () => asked > 0);
  const there = received();
  expect(there).toBeGreaterThan(280_000);
  expect(there).toBeLessThan(300_000);
  expect(given).toBeGreaterThan(there);
  expect(pacer.budget()!.used, 'with the question how much is there').toBeGreaterThan(50_000 + given + 200);
  expect(pacer.ask('telemetry').until).toBe(0);
  await first.stop();
  for (let kill = 1; kill < 4; kill++) {
    pacer = pacerOf(limits);
    asked = 0;
    const next = await uploader({}, systemClock, counting());
    await until('it waits again', () => asked > 0);
    await next.stop();
  }
  expect(received()).toBe(there);
  expect(pacer.budget()!.used).toBeLessThan(400_000);
});

test('a gateway delivers only requested evidence', async () => {
  const { uploader, picture, want, failed, url, world } = await rig();
  const unasked = await picture(1000);
  const others = await picture(1000);
  await want(others.item, 'gw-2');
  const upload = await uploader();
  await upload.add(unasked.queued);
  await upload.add(others.queued);
  await until('both are given up', () => failed.length === 2);
  expect(failed[0]).toMatch(/nobody asked for this/);
  const address = `${url}/ingest/v1/evidence/${others.item.sha256}`;
  expect((await fetch(address)).status).toBe(401);
  expect(world.depot.list('gw-2')[0]?.received).toBe(0);
});

test('bytes that differ from those of the alert, or exceed them, are refused', async () => {
  const { uploader, picture, want, failed, world, folder } = await rig();
  const { item, queued, path } = await picture(1000);
  await want(item);
  await writeFile(path, randomBytes(1000));
  const upload = await uploader();
  await upload.add(queued);
  await until('it is given up', () => failed.length === 1);
  expect(failed[0]).toMatch(/another SHA-256/);
  expect(world.depot.get('gw-1', item.sha256)?.arrived).toBeNull();
  expect((await readdir(join(folder, 'depot'))).filter((name) => !name.endsWith('.json'))).toEqual([]);
  await upload.add({ ...queued, size: 2000 });
  await until('it is given up', () => failed.length === 2);
});

test('the upload of a deleted piece, or of a piece that is no longer requested, ends with a reason', async () => {
  const { uploader, picture, want, failed } = await rig();
  const { item, queued } = await picture(1000);
  await want(item);
  const upload = await uploader();
  await upload.add({ ...queued, path: `${queued.path}.gone` });
  await until('it is given up', () => failed.length === 1);
  expect(failed[0]).toMatch(/no longer kept/);
});

test('the depot makes space by deleting the oldest arrivals', async () => {
  const { openDepot, uploader, picture, want, here, world } = await rig();
  await openDepot(2500);
  const upload = await uploader();
  const all = [await picture(1000), await picture(1000), await picture(1000)];
  for (const { item, queued } of all) {
    await want(item);
    await upload.add(queued);
    await until('it is here', () => here(item.sha256));
  }
  expect(world.depot.list('gw-1').map(({ sha256 }) => sha256)).toEqual(all.slice(1).map(({ item }) => item.sha256));
});

test('a queue that cannot be written stops neither an upload nor the next start', async () => {
  const { folder, uploader, picture, want, here } = await rig();
  const { item, queued } = await picture(1000);
  await want(item);
  const written = await uploader({ url: 'http://127.0.0.1:9' });
  await written.add(queued);
  await written.stop();
  // every write of the queue fails
  await mkdir(join(folder, 'queue.json.next'));
  for (const _ of ['as it is', 'started anew']) {
    const upload = await uploader();
    await until('the queue is empty', () => upload.waiting === 0);
    expect(await here(item.sha256)).toBeDefined();
    await upload.stop();
  }
});

test('an upload without space at the receiver waits behind the others, for two days of running time', async () => {
  const { world, uploader, picture, want, here, failed, folder } = await rig();
  const [first, second] = [await picture(1000), await picture(2000)];
  await want(first.item);
  await want(second.item);
  world.busy.add(first.item.sha256);
  let [year, later] = [0, 0];
  const clock: Clock = {
    now: () => year,
    uptime: () => systemClock.uptime() + later,
    after: (ms, call) => systemClock.after(Math.min(ms, 10), call),
  };
  const upload = await uploader({}, clock);
  await upload.add(first.queued);
  await upload.add(second.queued);
  await until('the second is here', () => here(second.item.sha256));
  year = Date.UTC(2099, 0);
  const tries = upload.figures().failedTries;
  await until('it is tried again', () => upload.figures().failedTries > tries + 1);
  expect(failed).toEqual([]);
  later = 1.5 * 86_400_000;
  await until('how long it has waited is written', async () =>
    (await readFile(join(folder, 'queue.json'), 'utf8')).includes('"waitedMs":1296'),
  );
  await upload.stop();
  // another start, with its own clock
  later = 0;
  const after = await uploader({}, clock);
  await until('it is tried', () => after.figures().failedTries > 0);
  expect(failed).toEqual([]);
  later = 0.6 * 86_400_000;
  await until('it is given up', () => failed.length > 0);
});
