/** A search for cameras over real sockets, on loopback. */
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { probeMatch } from '../../../../scripts/camera/onvif/answers.ts';
import { DiscoveryResponder } from '../../../../scripts/camera/onvif/discovery-responder.ts';
import { makes } from '../../../../scripts/camera/onvif/makes.ts';
import type { FoundCamera } from '../../messages.ts';
import type { OwnAddress } from './networks.ts';
import { searchCameras } from './search.ts';

const loopback: OwnAddress = { name: 'lo', address: '127.0.0.1', family: 'IPv4', cidr: '127.0.0.1/8', internal: true };
const address = 'http://127.0.0.1:8000/onvif/device_service';
const idOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
let responders: DiscoveryResponder[] = [];

afterEach(async () => {
  await Promise.all(responders.map((one) => one.stop()));
  responders = [];
});

async function answering(answer: (relatesTo: string) => readonly (string | Buffer)[]): Promise<DiscoveryResponder> {
  const responder = new DiscoveryResponder({ port: 0, answer });
  responders.push(responder);
  await responder.start();
  return responder;
}

async function search(port: number, networks: readonly OwnAddress[] = [loopback]) {
  const found: FoundCamera[] = [];
  const problems = await searchCameras({ ms: 400, port, networks, found: (camera) => found.push(camera) });
  return { found, problems };
}

test('a camera on the network is found once, however often it answers', async () => {
  const responder = await answering((id) => [
    probeMatch(makes.axis, idOf(1), id, [address]),
    probeMatch(makes.axis, idOf(1), id, [address]),
  ]);
  const { found, problems } = await search(responder.port);
  expect(problems).toEqual([]);
  expect(found).toEqual([
    { id: `urn:uuid:${idOf(1)}`, name: 'AXIS M2036-LE', model: 'M2036-LE', host: '127.0.0.1', address },
  ]);
  // each probe is sent again, for both types of device
  expect(responder.probes).toBeGreaterThanOrEqual(4);
});

test('noise and a flood of answers neither end the search nor fill the memory', async () => {
  let made = 0;
  const responder = await answering((id) => [
    Buffer.alloc(60_000, 0xff),
    'no XML',
    ...Array.from({ length: 50 }, () => probeMatch(makes.dahua, idOf(++made), id, [address])),
  ]);
  const { found } = await search(responder.port);
  expect(found.length).toBeGreaterThan(5);
  expect(found.length).toBeLessThanOrEqual(24);
});

test('a network that cannot be asked is named, and the others are asked', async () => {
  const responder = await answering((id) => [probeMatch(makes.reolink, idOf(7), id, [address])]);
  const gone: OwnAddress = {
    ...loopback,
    name: 'eth9',
    address: '203.0.113.9',
    cidr: '203.0.113.9/24',
    internal: false,
  };
  const { found, problems } = await search(responder.port, [gone, loopback]);
  expect(found.map(({ name }) => name)).toEqual(['Reolink']);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^the network eth9 could not be asked: /);
});

test('a search ends when its time is over, and nothing is reported after it', async () => {
  const found: FoundCamera[] = [];
  const responder = await answering((id) => [probeMatch(makes.axis, idOf(1), id, [address])]);
  await searchCameras({ ms: 0, port: responder.port, networks: [loopback], found: (camera) => found.push(camera) });
  const count = found.length;
  await wait(50);
  expect(found.length).toBe(count);
});
