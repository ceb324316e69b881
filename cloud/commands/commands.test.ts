import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, systemClock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { commandKeyOf, maxCommandsPerDay, openCommand, sealCommand } from '@forpost/shared/event/command.ts';
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import fastify from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MemoryHistory } from '../history/memory-store.ts';
import { receiverPlugin } from '../receiver/receiver.ts';
import { exampleEvent } from '../testing/examples.ts';
import { CommandBook } from './book.ts';
import type { PolledCommands } from './commands.ts';
import { signingKey } from './key.ts';
import { addCommandPoll } from './poll.ts';
import type { CommandView } from './schemas.ts';
import { fileCommands } from './testing/file-commands.ts';

const hourMs = 3_600_000;

async function aCentre(clock: FakeClock | typeof systemClock = systemClock) {
  const history = new MemoryHistory(clock);
  const changes: CommandView[] = [];
  const { commands, again, remove } = await fileCommands({ clock, history, onChange: (view) => changes.push(view) });
  onTestFinished(remove);
  const issue = (gateway = 'gw-1', change: { kind?: string; arguments?: object; validMs?: number } = {}) =>
    commands.issue({
      gateway,
      kind: 'ping',
      author: 'admin',
      validMs: hourMs,
      ...change,
      arguments: (change.arguments ?? {}) as Record<string, unknown>,
    });
  return { commands, again, issue, changes, history };
}
const never = new AbortController().signal;
const idsOf = ({ commands }: PolledCommands): unknown[] =>
  commands.map((envelope) => {
    const { payload } = envelope as { payload: string };
    return (JSON.parse(Buffer.from(payload, 'base64').toString()) as { id: string }).id;
  });
const result = (gateway: string, command: string, outcome = 'applied'): ForpostEvent =>
  exampleEvent({
    sequence: 1,
    time: Date.now(),
    gateway,
    lane: 'alerts',
    type: eventTypes.commandResult,
    data: { command, kind: 'ping', outcome, message: 'done', author: 'admin' },
  });

describe('a command at the centre', () => {
  test('is signed by the key that the centre prints, and handed to its gateway alone', async () => {
    const { commands, issue } = await aCentre();
    const sent = await issue('gw-1', { kind: 'acknowledge', arguments: { alarm: 'a' } });
    expect(sent).toMatchObject({ gateway: 'gw-1', state: 'sent', author: 'admin', settled: null });
    const { commands: handed, after } = await commands.poll('gw-1', '', 0, never);
    const key = commandKeyOf(commands.publicKey.text);
    expect(openCommand(JSON.stringify(handed[0]), key === undefined ? [] : [key])).toMatchObject({
      ok: true,
      command: { id: sent.id, kind: 'acknowledge', arguments: { alarm: 'a' }, author: 'admin' },
    });
    expect(after).toBe(sent.id);
    expect((await commands.poll('gw-2', '', 0, never)).commands).toEqual([]);
  });

  test('is not handed out to a poll that names it, nor after it has expired', async () => {
    const clock = new FakeClock();
    const { commands, issue } = await aCentre(clock);
    const first = await issue('gw-1', { validMs: 60_000 });
    const second = await issue();
    expect(idsOf(await commands.poll('gw-1', '', 0, never))).toEqual([first.id, second.id]);
    expect(idsOf(await commands.poll('gw-1', first.id, 0, never))).toEqual([second.id]);
    expect(idsOf(await commands.poll('gw-1', 'nobody-knows', 0, never))).toEqual([first.id, second.id]);
    clock.advance(61_000);
    expect(idsOf(await commands.poll('gw-1', '', 0, never))).toEqual([second.id]);
    expect((await commands.recent('gw-1', 10)).map(({ state }) => state).sort()).toEqual(['sent', 'unanswered']);
  });

  test('wakes a gateway that waits, and only that one', async () => {
    const { commands, issue } = await aCentre();
    const mine = commands.poll('gw-1', '', 20_000, never);
    const other = commands.poll('gw-2', '', 20_000, never);
    expect(commands.waiting).toBe(2);
    const { id } = await issue('gw-1');
    expect(idsOf(await mine)).toEqual([id]);
    expect(commands.waiting).toBe(1);
    // a second wait of the same gateway ends the first
    const again = commands.poll('gw-2', '', 20_000, never);
    expect((await other).commands).toEqual([]);
    await commands.stop();
    expect((await again).commands).toEqual([]);
  });

  test('a wait ends with its time, and when the gateway has disconnected', async () => {
    const clock = new FakeClock();
    const { commands } = await aCentre(clock);
    const gone = new AbortController();
    const waits = [commands.poll('gw-1', '', 25_000, never), commands.poll('gw-2', '', 25_000, gone.signal)];
    gone.abort();
    clock.advance(25_000);
    for (const wait of waits) expect((await wait).commands).toEqual([]);
    expect(commands.waiting).toBe(0);
  });

  test('beyond the bound of waits a gateway is answered at once, with the time of its next request', async () => {
    const { commands, issue } = await aCentre();
    const gone = new AbortController();
    const waits = Array.from({ length: 1500 }, (_, i) => commands.poll(`gw-${i}`, '', 60_000, gone.signal));
    const late = await commands.poll('gw-late', '', 60_000, never);
    expect(late).toMatchObject({ commands: [], retryMs: 15_000 });
    const { id } = await issue('gw-late');
    expect(idsOf(await commands.poll('gw-late', '', 60_000, never))).toEqual([id]);
    gone.abort();
    await Promise.all(waits);
  });

  test('outlives a centre that is killed: same key, same commands, in order', async () => {
    const { commands, again, issue } = await aCentre();
    const ids = [(await issue()).id, (await issue()).id];
    const next = await again();
    expect(next.publicKey.text).toBe(commands.publicKey.text);
    expect(idsOf(await next.poll('gw-1', '', 0, never))).toEqual(ids);
  });

  test('shows the result: from events that come in, and after a restart from the history', async () => {
    const { commands, again, issue, changes, history } = await aCentre();
    const { id } = await issue();
    await history.insert([result('gw-1', id)]);
    commands.stored([result('gw-2', id, 'failed'), result('gw-1', id), result('gw-1', 'another')]);
    expect(changes.map(({ state }) => state)).toEqual(['sent', 'applied']);
    expect(await commands.recent('gw-1', 10)).toMatchObject([{ id, state: 'applied', message: 'done' }]);
    expect(await (await again()).recent('gw-1', 10)).toMatchObject([{ id, state: 'applied' }]);
  });

  test('has bounds: its validity, its size, and how many a gateway is sent in a day', async () => {
    const clock = new FakeClock();
    const { commands, issue } = await aCentre(clock);
    await expect(issue('gw-1', { validMs: 25 * hourMs })).rejects.toThrow(RangeError);
    await expect(issue('gw-1', { arguments: { text: 'x'.repeat(9000) } })).rejects.toThrow(RangeError);
    expect((await commands.recent('gw-1', 10)).length).toBe(0);
    const book = new CommandBook();
    const { privateKey } = generateKeyPairSync('ed25519');
    const sealed = (i: number) =>
      sealCommand(
        {
          id: `c-${i}`,
          gateway: asId('gw-1'),
          kind: 'ping',
          arguments: {},
          author: 'a',
          issued: rfc3339(clock.now() - i),
          expires: rfc3339(clock.now() + hourMs),
        },
        privateKey,
      );
    for (let i = 0; i < maxCommandsPerDay; i++) book.add(sealed(i), true, clock.now());
    expect(book.issuedSince('gw-1', clock.now() - 24 * hourMs)).toBe(maxCommandsPerDay);
    expect(book.unexpired('gw-1', '', clock.now(), 100)).toHaveLength(100);
    book.add(sealed(0), true, clock.now());
    expect(book.size).toBe(maxCommandsPerDay);
    clock.advance(72 * hourMs);
    book.add(sealed(-1), true, clock.now());
    expect(book.size, 'what is older than two days is forgotten').toBe(1);
  });
});

describe('the key', () => {
  test('is made once, readable by its owner alone, and a damaged one is never replaced', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'forpost-key-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'centre', 'command-key.pem');
    const made = await Promise.all([signingKey(file), signingKey(file), signingKey(file)]);
    expect(new Set(made.map(({ publicKey }) => publicKey.id)).size).toBe(1);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await signingKey(file)).publicKey.id).toBe(made[0]?.publicKey.id);
    await writeFile(file, '');
    await expect(signingKey(file)).rejects.toMatchObject({ code: 'FORPOST_DATA_FOLDER' });
    expect(await readFile(file, 'utf8')).toBe('');
  });
});

describe('the long poll of the receiver', () => {
  test('needs the token of a gateway, and returns the commands of that gateway alone', async () => {
    const { commands, issue } = await aCentre();
    const token = 'token-of-gateway-one';
    const app = fastify();
    onTestFinished(() => app.close());
    const hash = createHash('sha256').update(token).digest('hex');
    await app.register(receiverPlugin, {
      gateways: () => ({ 'gw-1': { token_sha256: hash } }),
      delivery: { events: async () => undefined, status: async () => undefined },
      capabilities: { addGatewayRoutes: (app, gatewayOf) => addCommandPoll(app, commands, gatewayOf) },
    });
    await issue('gw-2');
    const { id } = await issue('gw-1');
    const get = (query: string, headers = { authorization: `Bearer ${token}` }) =>
      app.inject({ url: `/ingest/v1/commands${query}`, headers });
    expect((await app.inject('/ingest/v1/commands')).statusCode).toBe(401);
    const answer = await get('?wait=5');
    expect(answer.statusCode).toBe(200);
    expect(idsOf(answer.json() as PolledCommands)).toEqual([id]);
    expect(Date.parse((answer.json() as PolledCommands).now)).toBeGreaterThan(0);
    expect((await get(`?after=${id}&wait=0`)).json()).toMatchObject({ commands: [], after: id });
    expect((await get('?wait=soon')).statusCode).toBe(400);
    expect((await get(`?after=${'x'.repeat(200)}`)).statusCode).toBe(400);
    expect((await get('?after=a&after=b')).statusCode).toBe(400);
  });
});
