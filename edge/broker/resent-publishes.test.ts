import { describe, expect, test } from 'vitest';
import { publishPacket, pubrelPacket } from './testing/broker.ts';
import {
  after,
  bench,
  durableBrokerForEachTest,
  evaluated,
  meter,
  readings,
  restart,
  restartBroker,
  soon,
  state,
  stored,
} from './testing/durable-broker.ts';

durableBrokerForEachTest();

test('a QoS 2 publish is admitted once, whichever step of its exchange a restart interrupts', async () => {
  const raw = await meter();
  raw.send(publishPacket(readings, 'a', 2, 5));
  await soon(() => after(raw)).toEqual([['pubrec', 5]]);
  await restart();
  const second = await meter();
  second.send(publishPacket(readings, 'a', 2, 5, true));
  await soon(() => after(second)).toEqual([['pubrec', 5]]);
  second.send(pubrelPacket(5));
  await soon(() => after(second).at(-1)).toEqual(['pubcomp', 5]);
  await restart();
  const third = await meter();
  third.send(pubrelPacket(5));
  await soon(() => after(third)).toEqual([['pubcomp', 5]]);
  third.send(publishPacket(readings, 'b', 2, 5));
  await soon(() => after(third).at(-1)).toEqual(['pubrec', 5]);
  expect(evaluated).toEqual(['a', 'b']);
  expect(stored()).toEqual(['a', 'b']);
});

test('each of many QoS 2 publishes in flight is admitted once, across a lost connection and a restart', async () => {
  const many = 1500;
  const publish = (dup: boolean) =>
    Array.from({ length: many }, (_, n) => publishPacket(readings, String(n), 2, n + 1, dup));
  const first = await meter();
  first.send(...publish(false));
  // the connection is lost before all answers have come
  await soon(() => stored().length).toBeGreaterThan(1100);
  first.socket.destroy();
  const second = await meter();
  second.send(...publish(true));
  await soon(() => after(second).length).toBe(many);
  await restart();
  const third = await meter();
  third.send(...publish(true));
  await soon(() => after(third).length).toBe(many);
  expect(new Set(stored()).size).toBe(many);
  expect(stored().length).toBe(many);
  third.send(...Array.from({ length: many }, (_, n) => pubrelPacket(n + 1)));
  await soon(() => after(third).length).toBe(2 * many);
  await soon(() => bench.broker.sizes().inbound).toBe(0);
});

test('a QoS 2 publish of a clean session is recognised by DUP, packet id and content, and is new without DUP', async () => {
  const raw = await meter({ clean: true });
  raw.send(publishPacket(readings, 'a', 2, 5));
  await soon(() => after(raw)).toEqual([['pubrec', 5]]);
  raw.socket.destroy();
  await soon(() => bench.broker.sizes().inbound).toBe(0);
  await restart();
  const second = await meter({ clean: true });
  // the resend of paho-mqtt
  second.send(publishPacket(readings, 'a', 2, 5, true));
  await soon(() => after(second)).toEqual([['pubrec', 5]]);
  second.send(pubrelPacket(5));
  await soon(() => after(second).at(-1)).toEqual(['pubcomp', 5]);
  expect(stored()).toEqual(['a']);
  // with other content it is a new message even with DUP; without DUP, equal content is a new message too
  for (const [text, dup] of [
    ['b', true],
    ['b', false],
  ] as const) {
    const answers = after(second).length;
    second.send(publishPacket(readings, text, 2, 5, dup));
    await soon(() => after(second).length).toBe(answers + 1);
    second.send(pubrelPacket(5));
    await soon(() => after(second).length).toBe(answers + 2);
  }
  expect(stored()).toEqual(['a', 'b', 'b']);
});

test('other content under a packet id that was never released is a new message: its client has lost its state', async () => {
  const first = await meter();
  first.send(publishPacket(readings, 'a', 2, 1));
  await soon(() => after(first)).toEqual([['pubrec', 1]]);
  first.socket.destroy();
  for (const again of ['b', 'c']) {
    await restart();
    const raw = await meter();
    // the resend of this message is recognised
    raw.send(publishPacket(readings, again, 2, 1), publishPacket(readings, again, 2, 1));
    await soon(() => after(raw).length).toBe(2);
  }
  expect(stored()).toEqual(['a', 'b', 'c']);
});

describe('paho-mqtt resends a released QoS 2 message without DUP after two failed attempts to reconnect', () => {
  const from = 100;
  const until = 400;

  /** A client that counts its packet ids up, and did not get PUBCOMP for some messages. */
  async function publishAll(text: (id: number) => string) {
    const raw = await meter();
    for (let id = from; id < until; id++) raw.send(publishPacket(readings, text(id), 2, id));
    await soon(() => after(raw).length).toBe(until - from);
    for (let id = from; id < until; id++) raw.send(pubrelPacket(id));
    await soon(() => after(raw).length).toBe(2 * (until - from));
    raw.socket.destroy();
  }

  test.each([
    ['a lost connection', async () => undefined],
    ['a restart of the gateway', () => restart()],
  ])(
    'a PUBLISH without DUP is recognised as a resend after %s, even if a new message came first',
    async (_, between) => {
      await publishAll((id) => `m-${id}`);
      await between();
      const raw = await meter();
      raw.send(publishPacket(readings, 'online', 2, until));
      for (const id of [from + 1, until - 2, until - 1])
        raw.send(publishPacket(readings, `m-${id}`, 2, id), pubrelPacket(id));
      await soon(() => after(raw).length).toBe(7);
      expect(stored().slice(until - from)).toEqual(['online']);
      // its next message is new
      raw.send(publishPacket(readings, 'm-399', 2, until + 1));
      await soon(() => after(raw).length).toBe(8);
      expect(stored().slice(until - from)).toEqual(['online', 'm-399']);
    },
  );

  test.each([
    ['content that other messages have too', () => 'same', until - 1, 'same'],
    ['other content', (id: number) => `m-${id}`, until - 1, 'other'],
    [
      'content under a packet id that had two messages',
      (id: number) => `m-${id % 200}`,
      until - 1,
      `m-${(until - 1) % 200}`,
    ],
    ['content under another packet id', (id: number) => `m-${id}`, until, `m-${until - 1}`],
  ])('a PUBLISH without DUP that may be new counts as new: %s', async (_, text, id, payload) => {
    await publishAll(text);
    const raw = await meter();
    raw.send(publishPacket(readings, payload, 2, id));
    await soon(() => after(raw).length).toBe(1);
    expect(stored().length).toBe(until - from + 1);
  });

  test.each([
    ['a client that restarts its packet ids', [1, 2, 3, 4]],
    ['a client that takes the lowest free packet id', [70, 71, 70, 71]],
    ['a client that cycles through few packet ids', Array.from({ length: 60 }, (_, n) => 100 + (n % 30))],
  ])('equal messages of %s are all stored', async (_, ids) => {
    for (let start = 0; start < 20; start++) {
      const raw = await meter();
      for (const [n, id] of ids.entries())
        raw.send(publishPacket(readings, `${start % 2}-${n}`, 2, id), pubrelPacket(id));
      await soon(() => after(raw).length).toBe(2 * ids.length);
      raw.socket.destroy();
    }
    expect(stored().length).toBe(20 * ids.length);
  });
});

test('a redelivered QoS 1 publish is acknowledged but not stored again, even after a restart; other content is stored', async () => {
  const raw = await meter();
  raw.send(publishPacket(readings, 'a', 1, 7), publishPacket(readings, 'a', 1, 7, true));
  await soon(() => after(raw)).toEqual([
    ['puback', 7],
    ['puback', 7],
  ]);
  await restart();
  const second = await meter({ clean: true });
  second.send(
    publishPacket(readings, 'a', 1, 7, true),
    publishPacket(readings, 'b', 1, 7, true),
    publishPacket(readings, 'a', 1, 7, true),
    publishPacket(readings, 'a', 1, 7),
    publishPacket(readings, 'a', 1, 8, true),
    publishPacket(state, 'a', 1, 8, true),
  );
  await soon(() => after(second).length).toBe(6);
  expect(stored()).toEqual(['a', 'b', 'a', 'a', 'a', 'a']);
  expect(evaluated).toEqual(stored());
  expect(bench.broker.counters().redelivered).toBe(1);
});

test('a redelivery during the commit of the original waits for that commit', async () => {
  let commit: () => void = () => undefined;
  let fail: () => void = () => undefined;
  const attempts: string[] = [];
  await restartBroker({
    limits: { refusalDelayMs: 20 },
    admit: ({ payload }) => {
      attempts.push(Buffer.from(payload).toString());
      return new Promise((resolve, reject) => {
        commit = resolve;
        fail = () => reject(new Error('the disk is full'));
      });
    },
  });
  const first = await meter();
  first.send(publishPacket(readings, 'a', 1, 7));
  await soon(() => attempts.length).toBe(1);
  first.socket.destroy();
  const second = await meter();
  second.send(publishPacket(readings, 'a', 1, 7, true), Buffer.from([0xc0, 0]));
  await soon(() => after(second)).toEqual([['pingresp', 0]]);
  fail();
  await soon(() => second.closed).toBe(true);
  const third = await meter();
  third.send(publishPacket(readings, 'a', 1, 7, true));
  await soon(() => attempts.length).toBe(2);
  commit();
  await soon(() => after(third)).toEqual([['puback', 7]]);
});
