import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { registerProblems } from '@forpost/shared/http/problem.ts';
import { useSchemas } from '@forpost/shared/http/validation.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadSite } from '../config/load-site.ts';
import { DeviceRegistry } from '../devices/registry.ts';
import { SiteDocument } from '../site/document.ts';
import { registerBridgeRoutes } from './bridge-routes.ts';

const received = Date.UTC(2026, 10, 30, 9);
const site = {
  site: { id: 'home', timezone: 'UTC' },
  devices: [{ id: 'oven', decoder: 'native' }],
  bridges: [
    { id: 'hub', decoder: 'native' },
    { id: 'attic', decoder: 'native', devices: [{ id: 'cellar', source: 's1', place: 'Cellar' }] },
  ],
};

async function rig() {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-bridges-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, secretsFile] = [join(folder, 'site.yaml'), join(folder, 'secrets.yaml')];
  writeFileSync(file, stringify(site));
  const { hash } = makeCredential();
  writeFileSync(secretsFile, stringify({ mqtt: { oven: hash, hub: hash, attic: hash }, console: {} }));
  const load = (next: string) => loadSite(file, secretsFile, next);
  const clock = new FakeClock(received);
  const registry = new DeviceRegistry({ ...load(stringify(site)), clock });
  const prepare = (loaded: Parameters<DeviceRegistry['prepare']>[0]) => {
    const { commit } = registry.prepare(loaded);
    return { commit: () => void commit() };
  };
  const document = new SiteDocument({ file, data: folder, load, prepare, clock });
  await document.open();
  const app = Fastify();
  registerProblems(app);
  useSchemas(app);
  registerBridgeRoutes(app, { document, bridges: registry, authorOf: () => ({ kind: 'page', name: 'anna' }) });
  onTestFinished(() => app.close());
  const list = async () => (await app.inject({ method: 'GET', url: '/api/v1/bridges' })).json().bridges;
  const name = async (bridge: string, payload: object, seen?: string) => {
    const headers = seen === undefined ? {} : { 'if-match': seen };
    const answer = await app.inject({ method: 'POST', url: `/api/v1/bridges/${bridge}/devices`, headers, payload });
    return { status: answer.statusCode, body: answer.json() };
  };
  const say = (bridge: string, device: string) => {
    const payload = Buffer.from(JSON.stringify({ device, values: { temperature_c: 8 } }));
    return registry.decode(bridge, `forpost/devices/${bridge}/readings`, payload, received).bridged?.owners;
  };
  return { list, name, say, bridges: () => parse(readFileSync(file, 'utf8')).bridges };
}

test('a found device is shown with what it sent, and is named by one request: its next message is its own', async () => {
  const { list, name, say, bridges } = await rig();
  expect(say('hub', 'Probe 7')).toEqual([undefined]);
  const [hub] = await list();
  expect(hub).toMatchObject({
    id: 'hub',
    reachable: true,
    devices: [],
    found: [
      {
        name: 'Probe 7',
        source: 'Probe 7',
        messages: 1,
        values: { temperature_c: 8 },
        first: '2026-11-30T09:00:00.000Z',
      },
    ],
  });
  const body = { found: 'Probe 7', id: 'freezer', name: 'Freezer', why: 'new' };
  expect(await name('hub', body)).toMatchObject({ status: 428 });
  expect(await name('hub', body, '1')).toMatchObject({
    status: 200,
    body: { revision: { number: 2, why: 'new', changes: [{ message: 'bridge hub: device freezer added' }] } },
  });
  expect(say('hub', 'Probe 7')).toEqual(['freezer']);
  expect((await list())[0]).toMatchObject({
    found: [],
    devices: [{ id: 'freezer', name: 'Freezer', source: 'Probe 7' }],
  });
  expect(bridges()[0].devices).toEqual([{ id: 'freezer', source: 'Probe 7', name: 'Freezer' }]);
});

test('a found device that is named without an id gets one of its name, which nothing else has', async () => {
  const { name, say, bridges } = await rig();
  say('hub', 'Cellar');
  expect(await name('hub', { found: 'Cellar' }, '1')).toMatchObject({ status: 200 });
  say('hub', 'Насос');
  expect(await name('hub', { found: 'Насос', name: 'Oven' }, '2')).toMatchObject({ status: 200 });
  expect(bridges()[0].devices).toEqual([
    { id: 'cellar-2', source: 'Cellar' },
    { id: 'oven-2', source: 'Насос', name: 'Oven' },
  ]);
});

test('a device that stands behind another bridge now moves there with its id', async () => {
  const { name, say, bridges } = await rig();
  say('hub', 's1');
  expect(await name('hub', { found: 's1', id: 'cellar' }, '1')).toMatchObject({ status: 200 });
  expect([say('hub', 's1'), say('attic', 's1')]).toEqual([['cellar'], [undefined]]);
  expect(bridges()[0].devices).toEqual([{ id: 'cellar', source: 's1', place: 'Cellar' }]);
});

test('a naming that does not fit is refused with the reason, and changes nothing', async () => {
  const { name, say, bridges } = await rig();
  say('hub', 's9');
  expect(await name('hub', { found: 'nobody', id: 'x' }, '1')).toMatchObject({ status: 404 });
  expect(await name('cellar', { found: 's9', id: 'x' }, '1')).toMatchObject({ status: 404 });
  const taken = await name('hub', { found: 's9', id: 'oven' }, '1');
  expect(taken).toMatchObject({
    status: 422,
    body: { problems: [expect.stringContaining('taken already by a device')] },
  });
  expect(await name('hub', { found: 's9', id: 'Not an id' }, '1')).toMatchObject({ status: 400 });
  expect(bridges()).toEqual(site.bridges);
});
