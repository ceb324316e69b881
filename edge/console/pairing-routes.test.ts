import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, test } from 'vitest';
import { RefusedClients } from '../broker/refused-clients.ts';
import { decoders } from '../devices/decoders/registry.ts';
import { Pairing } from '../devices/pairing/pairing.ts';
import type { TakeIn } from '../devices/pairing/take-in.ts';
import { pairingView } from './pairing-view.ts';
import { consoleServersForEachTest, start } from './testing/server.ts';

consoleServersForEachTest();

const clock = new FakeClock(Date.UTC(2026, 10, 30, 9));

/** A page with a pairing window, and a client that knocks. */
async function startPairing(
  takeIn: TakeIn = async () => ({ device: 'plug', section: 'devices', name: 'Plug', revision: 7 }),
) {
  const by: string[] = [];
  const pairing = new Pairing({ clock, decoders, takeIn, onNote: (note) => by.push(`${note.change} ${note.by}`) });
  const refusedClients = new RefusedClients(clock);
  const stranger = {
    kind: 'stranger',
    principal: null,
    user: 'plug',
    clientId: 'DVES_1A2B3C',
    address: '10.0.0.7',
    what: '',
  } as const;
  for (let n = 0; n < 14; n++) refusedClients.note(stranger);
  const view = () =>
    pairingView({ pairing, refusedClients, decoders, ownerOf: () => undefined, nameOf: (id) => `name of ${id}` });
  const page = await start({ pairing: { pairing, view } });
  const knock = () => {
    const begin = pairing.onKnock({
      clientId: 'DVES_1A2B3C',
      user: 'plug',
      password: Buffer.from('a secret password'),
      address: '10.0.0.7',
      version: '3.1.1',
      isEncrypted: false,
      principal: 'meter',
      will: undefined,
    });
    return begin?.({ send: () => true, end: () => undefined });
  };
  return { ...page, pairing, by, knock };
}

test('the API opens the window, shows unknown clients with judgements, and closes it by name', async () => {
  const { get, post, by, knock } = await startPairing();
  expect(await (await get('/api/v1/pairing')).json()).toMatchObject({ window: null, knockers: [] });
  const opened = await (await post('/api/v1/pairing/open', { minutes: 2 })).json();
  expect(opened).toMatchObject({ window: { by: 'installer', endsAt: '2026-11-30T09:02:00.000Z' } });
  const events = knock();
  events?.published({
    topic: 'tele/tasmota_1A2B3C/SENSOR',
    payload: Buffer.from('{"Time":"2026-11-30T09:00:00","ENERGY":{"Total":1.5,"Power":12}}'),
    qos: 0,
    retain: false,
  });
  events?.published({ topic: 'x', payload: Buffer.from([0xff, 0xfe, 0, 1]), qos: 1, retain: true });
  const answer = await (await get('/api/v1/pairing')).text();
  expect(answer).not.toContain('secret');
  expect(JSON.parse(answer).knockers).toMatchObject([
    {
      number: 1,
      address: '10.0.0.7',
      clientId: 'DVES_1A2B3C',
      user: 'plug',
      hasPassword: true,
      claims: { id: 'meter', name: 'name of meter' },
      refusedBefore: 14,
      connected: true,
      topics: [
        { topic: 'tele/tasmota_1A2B3C/SENSOR', count: 1, encoding: 'text' },
        { topic: 'x', qos: 1, retained: true, begin: 'fffe0001', encoding: 'hex' },
      ],
      judgements: [
        {
          decoder: 'tasmota',
          section: 'devices',
          sure: 1,
          topic: 'tasmota_1A2B3C',
          values: expect.arrayContaining([{ name: 'power_w', value: 12 }]),
        },
      ],
      suggestedName: 'tasmota_1A2B3C',
      logIn: { own: true, why: null, weak: null },
      takenIn: null,
    },
  ]);
  expect(await (await post('/api/v1/pairing/ignore', { knocker: 1 })).json()).toMatchObject({ knockers: [] });
  expect(await (await post('/api/v1/pairing/close', {})).json()).toMatchObject({ window: null });
  expect(by).toEqual(['pairing-opened installer', 'pairing-ignored installer', 'pairing-closed installer']);
});

test('a client is taken in over the API, and the answer has what a person has to enter', async () => {
  const credential = { user: 'plug', password: 'abcdef-abcdef-abcdef-abcdef' };
  const asked: unknown[] = [];
  const { post, pairing, knock } = await startPairing(async (_knocker, request, author) => {
    asked.push([request, author]);
    return { device: 'plug', section: 'devices', name: request.name, revision: 7, credential };
  });
  pairing.open(5, 'installer');
  knock();
  const answer = await post('/api/v1/pairing/accept', { knocker: 1, name: 'Plug', logIn: 'made' });
  expect(await answer.json()).toEqual({ device: 'plug', section: 'devices', name: 'Plug', revision: 7, credential });
  expect(asked).toEqual([
    [
      { name: 'Plug', logIn: 'made' },
      { kind: 'page', name: 'installer' },
    ],
  ]);
});

test('refusals say why, with the wrong field; nobody without a log-in sees or opens the window', async () => {
  const { get, post, server, pairing, knock } = await startPairing(async () => ({
    refused: 'field',
    said: { key: 'gateway/pairing.id-taken', values: { id: 'oven' } },
    field: 'id',
  }));
  const closed = await post('/api/v1/pairing/accept', { knocker: 1, name: 'Plug' });
  expect([closed.status, ((await closed.json()) as { detail: string }).detail]).toEqual([
    409,
    expect.stringContaining('window is closed'),
  ]);
  pairing.open(5, 'installer');
  expect((await post('/api/v1/pairing/accept', { knocker: 9, name: 'Plug' })).status).toBe(404);
  knock();
  const number = pairing.knockers[0]?.number ?? 0;
  const taken = await post('/api/v1/pairing/accept', { knocker: number, name: 'Plug', id: 'oven' });
  expect([taken.status, await taken.json()]).toEqual([
    422,
    expect.objectContaining({ field: 'id', detail: 'the id "oven" is taken already: choose another' }),
  ]);
  for (const minutes of [0, 31, 1.5, 'x']) expect((await post('/api/v1/pairing/open', { minutes })).status).toBe(400);
  for (const path of ['/api/v1/pairing']) expect((await fetch(`${server.url}${path}`)).status).toBe(401);
  const anonymous = await fetch(`${server.url}/api/v1/pairing/open`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  expect(anonymous.status).toBe(401);
  expect((await get('/api/v1/pairing')).status).toBe(200);
});
