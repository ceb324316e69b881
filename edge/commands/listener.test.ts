import { generateKeyPairSync } from 'node:crypto';
import { FakeClock, systemClock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { type Command, commandKey, sealCommand } from '@forpost/shared/event/command.ts';
import { asId, type GatewayId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { inEnglish, words } from '@forpost/shared/texts/english.ts';
import { expect, onTestFinished, test, vi } from 'vitest';
import { CommandRefusals } from './command-refusals.ts';
import type { CommandFeed } from './feed.ts';
import { CommandListener, type ListenerOptions } from './listener.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const gateway: GatewayId = asId('gw-1');

function command(id: string, change: Partial<Command> = {}): Command {
  const now = Date.now();
  return {
    id,
    gateway,
    kind: 'ping',
    arguments: {},
    author: 'admin',
    issued: rfc3339(now),
    expires: rfc3339(now + 60_000),
    ...change,
  };
}
const sealed = (id: string, change: Partial<Command> = {}) => sealCommand(command(id, change), privateKey);

/** Delivers these at each run, as a topic does, and then waits. */
function topicOf(items: readonly (string | Uint8Array)[]): CommandFeed & { lives: number } {
  const feed = {
    lives: 0,
    async run(take: Parameters<CommandFeed['run']>[0], stopping: AbortSignal) {
      feed.lives++;
      for (const envelope of items) await take({ envelope, centreTime: 1 });
      if (!stopping.aborted)
        await new Promise((resolve) => stopping.addEventListener('abort', resolve, { once: true }));
    },
  };
  return feed;
}

function aListener(feed: CommandFeed, change: Partial<ListenerOptions> = {}) {
  const applied: string[] = [];
  const refused: [number, string][] = [];
  const listener = new CommandListener({
    feeds: new Map([['kafka', feed]]),
    keys: [commandKey(privateKey)],
    gateway,
    isSettled: () => false,
    apply: async ({ id }) => void applied.push(id),
    onRefused: (count, reason) => refused.push([count, reason]),
    clock: systemClock,
    random: () => 0,
    logger: silentLogger(),
    ...change,
  });
  onTestFinished(() => listener.stop());
  listener.start();
  return { listener, applied, refused };
}

test('passes genuine commands on in order, whatever stands between them', async () => {
  const stranger = generateKeyPairSync('ed25519').privateKey;
  const { applied, refused } = aListener(
    topicOf([
      sealed('first'),
      sealCommand(command('forged'), stranger),
      sealed('foreign', { gateway: asId('gw-2') }),
      'x'.repeat(200_000),
      Buffer.from([0xff, 0xfe]),
      '',
      sealed('last'),
    ]),
  );
  await vi.waitFor(() => expect(applied).toEqual(['first', 'last']), { timeout: 10_000 });
  await vi.waitFor(() => expect(refused).toEqual([[5, expect.stringContaining('not a signed command')]]), 5_000);
});

test('does not pass on a command whose result is in the outbox', async () => {
  const { applied } = aListener(topicOf([sealed('old'), sealed('new')]), { isSettled: (id) => id === 'old' });
  await vi.waitFor(() => expect(applied).toEqual(['new']), { timeout: 10_000 });
});

test('has one command of a feed under way at a time', async () => {
  let release = () => {};
  const underWay: string[] = [];
  aListener(topicOf([sealed('a'), sealed('b')]), {
    apply: ({ id }) => {
      underWay.push(id);
      return new Promise((resolve) => {
        release = resolve;
      });
    },
  });
  await vi.waitFor(() => expect(underWay).toEqual(['a']), { timeout: 10_000 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(underWay).toEqual(['a']);
  release();
  await vi.waitFor(() => expect(underWay).toEqual(['a', 'b']), { timeout: 10_000 });
});

test('a command whose result was not stored, or could not be looked up, is delivered again', async () => {
  let tries = 0;
  const feed = topicOf([sealed('a')]);
  const { applied } = aListener(feed, {
    isSettled: () => {
      if (tries++ === 0) throw new Error('the outbox cannot be read');
      return false;
    },
  });
  await vi.waitFor(() => expect(applied).toEqual(['a']), { timeout: 10_000 });
  expect(feed.lives).toBe(2);
});

test('without a trusted key no feed is listened to', async () => {
  const feed = topicOf([sealed('a')]);
  const { listener, applied } = aListener(feed, { keys: [] });
  await listener.stop();
  expect([feed.lives, applied]).toEqual([0, []]);
});

test('a feed that fails does not stop another one, and ends when the listener stops', async () => {
  const { listener, applied } = aListener(topicOf([sealed('a')]), {
    feeds: new Map<string, CommandFeed>([
      ['broken', { run: () => Promise.reject(new Error('nobody there')) }],
      ['good', topicOf([sealed('a')])],
    ]),
    random: () => 0.5,
  });
  await vi.waitFor(() => expect(applied).toEqual(['a']), { timeout: 10_000 });
  await listener.stop();
});

test('a refused command is an event at once and then once an hour, and a sentence in the status for an hour', () => {
  const clock = new FakeClock();
  const noted: string[] = [];
  const refusals = new CommandRefusals(clock, (sentence) => noted.push(inEnglish(sentence)));
  expect(refusals.problems()).toEqual([]);
  refusals.add(1, words('gateway/answer.not-signed'));
  for (let i = 0; i < 100; i++) refusals.add(10, words('gateway/answer.no-envelope'));
  expect(noted).toEqual(['1 command was refused: no trusted key has signed it']);
  expect(refusals.problems().map(inEnglish)).toEqual([
    '1,001 commands were refused since the start: it is not a signed command (a DSSE envelope)',
  ]);
  clock.advance(3_600_000);
  expect(refusals.problems()).toEqual([]);
  refusals.add(1, words('gateway/answer.no-envelope'));
  expect(noted).toHaveLength(2);
});
