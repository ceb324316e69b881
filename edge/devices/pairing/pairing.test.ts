import { FakeClock } from '@forpost/shared/clock.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { expect, test } from 'vitest';
import type { Knock, KnockerEvents } from '../../broker/knock.ts';
import type { Author } from '../../site/revision.ts';
import { decoders } from '../decoders/registry.ts';
import { most, mostByAddress } from './knockers.ts';
import { Pairing, type PairingNote } from './pairing.ts';
import type { TakeIn } from './take-in.ts';

const anna: Author = { kind: 'page', name: 'anna' };

function knockOf(change: Partial<Knock> = {}): Knock {
  return {
    clientId: 'plug-1',
    user: 'mqtt-user',
    password: Buffer.from('a good password'),
    address: '10.0.0.7',
    version: '3.1.1',
    isEncrypted: false,
    principal: null,
    will: undefined,
    ...change,
  };
}

interface FakeClient {
  readonly events: KnockerEvents;
  readonly sent: (readonly [topic: string, payload: string])[];
  ended: boolean;
}

function setUp(takeIn: TakeIn = async () => ({ device: 'plug', section: 'devices', name: 'Plug', revision: 2 })) {
  const clock = new FakeClock(Date.UTC(2026, 10, 30, 9));
  const notes: PairingNote[] = [];
  const pairing = new Pairing({ clock, decoders, takeIn, onNote: (note) => notes.push(note) });
  const knock = (change: Partial<Knock> = {}): FakeClient | undefined => {
    const begin = pairing.onKnock(knockOf(change));
    if (begin === undefined) return undefined;
    const sent: (readonly [string, string])[] = [];
    const client: { ended: boolean; sent: typeof sent; events?: KnockerEvents } = { ended: false, sent };
    client.events = begin({
      send: (topic, payload) => sent.push([topic, payload]) > 0,
      end: () => {
        client.ended = true;
        client.events?.closed();
      },
    });
    return client as FakeClient;
  };
  return { clock, notes, pairing, knock };
}

const publish = (topic: string, payload: string | Buffer = '{}') =>
  ({ topic, payload: Buffer.from(payload), qos: 0, retain: false }) as const;

test('the window opens for minutes, ends by itself, and a closed one lets no unknown client in', () => {
  const { clock, notes, pairing, knock } = setUp();
  expect(knock()).toBeUndefined();
  expect(() => pairing.open(0, 'anna')).toThrow(RangeError);
  expect(() => pairing.open(31, 'anna')).toThrow(RangeError);
  pairing.open(2, 'anna');
  const client = knock();
  expect(pairing.knockers).toHaveLength(1);
  clock.advance(2 * 60_000 - 1);
  expect(pairing.window).toMatchObject({ by: 'anna' });
  clock.advance(1);
  expect(pairing.window).toBeUndefined();
  expect([client?.ended, pairing.knockers.length, knock()]).toEqual([true, 0, undefined]);
  expect(notes.map(({ change, by }) => [change, by])).toEqual([
    ['pairing-opened', 'anna'],
    ['pairing-closed', ''],
  ]);
  expect(notes.map(({ said }) => inEnglish(said))).toEqual([
    'anna opened the pairing window for 2 minutes',
    'the pairing window has ended',
  ]);
});

test('a second installer who opens the window keeps the same one open for longer', () => {
  const { clock, pairing, knock } = setUp();
  pairing.open(1, 'anna');
  knock();
  clock.advance(50_000);
  pairing.open(2, 'boris');
  clock.advance(100_000);
  expect(pairing.window).toMatchObject({ by: 'anna' });
  expect(pairing.knockers).toHaveLength(1);
  expect([pairing.close('boris'), pairing.close('boris'), pairing.window]).toEqual([true, false, undefined]);
});

test('a client that connects again is the same client, and only its newest connection stays', () => {
  const { pairing, knock } = setUp();
  pairing.open(5, 'anna');
  const first = knock();
  const second = knock();
  expect([first?.ended, second?.ended]).toEqual([true, false]);
  const [knocker, ...others] = pairing.knockers;
  expect(others).toEqual([]);
  expect([knocker?.counts.connections, knocker?.isConnected]).toEqual([2, true]);
  second?.events.closed();
  expect(knocker?.isConnected).toBe(false);
});

test('a recognised client is asked once what it is, as far as it has subscribed', () => {
  const { pairing, knock } = setUp();
  pairing.open(5, 'anna');
  const client = knock({ clientId: 'DVES_1A2B3C', will: { topic: 'tele/plug/LWT', payload: Buffer.from('Offline') } });
  expect(pairing.knockers[0]?.judgements[0]?.config.topic).toBe('plug');
  expect(client?.sent).toEqual([]);
  client?.events.subscribed();
  client?.events.published(publish('tele/plug/LWT', 'Online'));
  expect(client?.sent).toEqual([['cmnd/plug/STATUS', '0']]);
});

test('ten thousand client ids of one address fill only its own share, and a device elsewhere still gets in', () => {
  const { pairing, knock } = setUp();
  pairing.open(5, 'anna');
  for (let n = 0; n < 10_000; n++) knock({ clientId: `flood-${n}`, address: '10.0.0.66' });
  expect(pairing.knockers).toHaveLength(mostByAddress);
  expect(pairing.turnedAway).toBe(10_000 - mostByAddress);
  expect(knock({ address: '10.0.0.7' })).toBeDefined();
  // an IPv6 network is one address
  for (let n = 0; n < 100; n++) knock({ clientId: `v6-${n}`, address: `2001:db8::${n.toString(16)}` });
  expect(pairing.knockers.length).toBeLessThanOrEqual(most);
  expect(pairing.knockers.filter(({ address }) => address === '10.0.0.7')).toHaveLength(1);
});

test('a client that has gone makes room for a new one of its address, and a connected one never does', () => {
  const { clock, pairing, knock } = setUp();
  pairing.open(5, 'anna');
  const clients = Array.from({ length: mostByAddress }, (_, n) => {
    clock.advance(10);
    return knock({ clientId: `c-${n}` });
  });
  expect(knock({ clientId: 'late' })).toBeUndefined();
  clock.advance(10);
  clients[3]?.events.closed();
  expect(knock({ clientId: 'late' })).toBeDefined();
  const ids = pairing.knockers.map(({ clientId }) => clientId);
  expect(ids).toContain('late');
  expect(ids).not.toContain('c-3');
});

test('what one client sends is bounded: topics, bytes that are shown, and work of the decoders', () => {
  const { pairing, knock } = setUp();
  pairing.open(5, 'anna');
  const loud = knock({ clientId: 'loud' });
  for (let n = 0; n < 5000; n++)
    loud?.events.published(publish(`forpost/devices/d${n}/readings`, '{"values":{"power_w":1}}'));
  loud?.events.published(publish('x'.repeat(60_000), Buffer.alloc(200_000, 0xff)));
  const [knocker] = pairing.knockers;
  expect(knocker?.counts).toMatchObject({ messages: 5001, moreTopics: 5001 - 8 });
  expect(knocker?.topics).toHaveLength(8);
  expect(knocker?.judgements[0]?.outcome.read).toBeLessThan(20);
  // another address has a budget of its own
  const quiet = knock({ clientId: 'quiet', address: '10.0.0.8' });
  quiet?.events.published(publish('forpost/devices/boiler/readings', '{"values":{"power_w":1}}'));
  expect(pairing.knockers[1]?.judgements[0]?.values).toEqual([{ name: 'power_w', value: 1 }]);
});

test('an ignored client is disconnected and stays refused until the window ends', async () => {
  const { notes, pairing, knock } = setUp();
  pairing.open(5, 'anna');
  const client = knock();
  const number = pairing.knockers[0]?.number ?? 0;
  expect(pairing.ignore(number, 'anna')).toBeUndefined();
  expect([client?.ended, knock(), pairing.knockers.length]).toEqual([true, undefined, 0]);
  expect(pairing.ignore(number, 'anna')).toMatchObject({ refused: 'unknown' });
  expect(notes.at(-1)).toMatchObject({ change: 'pairing-ignored', by: 'anna' });
  pairing.close('anna');
  pairing.open(5, 'anna');
  expect(knock()).toBeDefined();
});

test('of two installers who take the same client in at once, one succeeds and the other learns who did', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { pairing, knock } = setUp(async () => {
    await promise;
    return { device: 'plug', section: 'devices', name: 'Plug', revision: 2 };
  });
  pairing.open(5, 'anna');
  const client = knock();
  const number = pairing.knockers[0]?.number ?? 0;
  const first = pairing.takeIn(number, { name: 'Plug' }, anna);
  const second = await pairing.takeIn(number, { name: 'Socket' }, { kind: 'page', name: 'boris' });
  expect(second).toMatchObject({ refused: 'taken-in' });
  resolve();
  expect(await first).toMatchObject({ device: 'plug' });
  expect(client?.ended).toBe(true);
  const third = await pairing.takeIn(number, { name: 'Socket' }, { kind: 'page', name: 'boris' });
  expect('said' in third && inEnglish(third.said)).toBe('this client was taken in already, as "Plug" by anna');
  expect(pairing.ignore(number, 'boris')).toMatchObject({ refused: 'taken-in' });
});

test('a client that was taken in is shown as arrived at its first log-in, also after the window has ended', async () => {
  const { clock, pairing, knock } = setUp();
  pairing.open(1, 'anna');
  knock();
  const number = pairing.knockers[0]?.number ?? 0;
  await pairing.takeIn(number, { name: 'Plug' }, anna);
  // it still has its old password, and is refused as any client
  expect(knock()).toBeUndefined();
  clock.advance(60_000);
  expect(pairing.window).toBeUndefined();
  expect(pairing.knockers[0]?.takenIn).toMatchObject({ id: 'plug', arrived: undefined });
  pairing.letIn('other');
  pairing.letIn('plug');
  expect(pairing.knockers[0]?.takenIn?.arrived).toBe(clock.now());
});

test('taking in a client after the window has ended is refused in words, and no password is kept', async () => {
  const { clock, pairing, knock } = setUp();
  pairing.open(1, 'anna');
  knock();
  const [knocker] = pairing.knockers;
  expect(knocker?.password).toBeDefined();
  clock.advance(60_000);
  const late = await pairing.takeIn(knocker?.number ?? 0, { name: 'Plug' }, anna);
  expect(late).toMatchObject({ refused: 'closed' });
  expect(knocker?.password).toBeUndefined();
  expect(JSON.stringify(knocker?.knock)).not.toContain('password":{');
});
