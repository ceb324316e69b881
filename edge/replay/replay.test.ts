/** Replay from a real outbox: into the model sink, and as the command that a person runs, to a real receiver. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@forpost/shared/clock.ts';
import { asId, type Lane } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import Database from 'better-sqlite3';
import fastify from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { receiverPlugin } from '../../cloud/receiver/receiver.ts';
import type { SqliteOutbox } from '../outbox/sqlite/main/sqlite-outbox.ts';
import { openKept, outboxFileName } from '../outbox/sqlite/reader/kept-events.ts';
import { draft, outboxIn, sink as sinkName, temporaryFolder } from '../outbox/sqlite/testing/test-support.ts';
import { MemorySink } from '../uplink/testing/memory-sink.ts';
import { Pacer } from '../uplink/thread/pacer.ts';
import { UplinkMemory } from '../uplink/thread/uplink-memory.ts';
import { type ReplayRange, rangeOf, replay } from './replay.ts';

const identity = { site: asId<'site'>('home'), gateway: asId<'gateway'>('gw-1') };

function aFolder(): string {
  const folder = temporaryFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An outbox with `count` events of telemetry, of which the first `delivered` are delivered, and two alerts. */
async function anOutbox(folder: string, count: number, delivered: number, sink = sinkName): Promise<SqliteOutbox> {
  const outbox = outboxIn(folder, { sinks: [sink], limits: { keepDeliveredMs: 1e13 } });
  await outbox.start();
  await outbox.append({ events: Array.from({ length: count }, (_, i) => draft(i + 1)) });
  await outbox.append({ events: [draft(1, { lane: 'alerts' })] });
  outbox.acknowledge(sink, outbox.epoch, 'telemetry', delivered);
  outbox.acknowledge(sink, outbox.epoch, 'alerts', 1);
  // the cursor is written with the next commit
  await outbox.append({ events: [draft(2, { lane: 'alerts' })] });
  return outbox;
}

async function run(folder: string, sink: MemorySink, range: ReplayRange, lane: Lane = 'telemetry') {
  const kept = openKept(join(folder, outboxFileName));
  const memory = new UplinkMemory(undefined, silentLogger());
  const pacer = new Pacer({ sink: sink.name, limits: {}, clock: systemClock, timeZone: 'UTC', memory });
  const backoff = { baseMs: 1, ceilingMs: 5 };
  try {
    return await replay({ sink, lane, range, kept, identity, pacer, backoff, clock: systemClock, random: Math.random });
  } finally {
    kept.close();
  }
}

const numbers = (sink: MemorySink) => sink.replayed.map((json) => Number(JSON.parse(json).sequence));
const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('a replay', () => {
  test('sends a range of numbers again, marked, in order, and moves no cursor', async () => {
    const folder = aFolder();
    const outbox = await anOutbox(folder, 1_500, 1_500);
    const sink = new MemorySink(sinkName);
    const figures = await run(folder, sink, rangeOf('101', '1400', undefined));
    expect(numbers(sink)).toEqual(upTo(101, 1_400));
    expect(sink.arrived).toEqual(sink.replayed);
    expect(figures).toMatchObject({ sent: 1_300, refused: 0, waiting: 0, read: 1_300, of: 1_300 });
    const lanes = () => openKept(join(folder, outboxFileName)).lanes(sinkName, 'telemetry');
    expect(lanes()).toMatchObject([{ first: 1, last: 1_500, acknowledged: 1_500 }]);
    await outbox.stop();
    // a replay also works after the gateway was stopped
    await run(folder, sink, rangeOf('1', '5', undefined));
    expect(numbers(sink).slice(1_300)).toEqual([1, 2, 3, 4, 5]);
  });

  test('leaves undelivered events to the uplink', async () => {
    const folder = aFolder();
    const outbox = await anOutbox(folder, 100, 40);
    const sink = new MemorySink(sinkName);
    expect(await run(folder, sink, rangeOf('31', '60', undefined))).toMatchObject({ sent: 10, waiting: 20 });
    expect(numbers(sink)).toEqual(upTo(31, 40));
    await expect(run(folder, sink, rangeOf('50', '60', undefined))).rejects.toThrow(
      `nothing delivered is in that range: of telemetry the outbox keeps ${outbox.epoch}: 1 to 100 (delivered up to 40); 11 of that range wait`,
    );
    await outbox.stop();
  });

  test('sends the rest of a range that is being deleted meanwhile', async () => {
    const folder = aFolder();
    const outbox = await anOutbox(folder, 2_000, 2_000);
    const sink = new MemorySink(sinkName);
    const db = new Database(outbox.file);
    const fates = ['first', 'second'];
    sink.onSend = () => {
      // first like retention, then like shedding further on
      if (fates.shift() === 'first')
        db.exec(`delete from events where lane = 'telemetry' and seq between 200 and 1200`);
      else db.exec(`delete from events where lane = 'telemetry' and seq > 1700`);
      return { kind: 'well' };
    };
    const figures = await run(folder, sink, rangeOf('1', '2000', undefined));
    db.close();
    const sent = numbers(sink);
    expect(sent.slice(0, 500)).toEqual(upTo(1, 500));
    expect(sent.slice(500)).toEqual(upTo(1201, 1700));
    expect(figures.sent).toBe(sent.length);
    await outbox.stop();
  });

  test('takes a time range of all epochs; if there are several, a range of numbers must name its epoch', async () => {
    const folder = aFolder();
    const first = await anOutbox(folder, 10, 10);
    await first.stop();
    const second = await anOutbox(folder, 10, 10);
    const sink = new MemorySink(sinkName);
    // event n has the same time in both epochs
    const at = (n: number) => new Date(1_700_000_000_100 + n).toISOString();
    await run(folder, sink, rangeOf(at(4), at(7), undefined));
    expect(numbers(sink)).toEqual([4, 5, 6, 4, 5, 6]);
    await expect(run(folder, sink, rangeOf('4', '6', undefined))).rejects.toThrow('add --epoch');
    await run(folder, sink, rangeOf('9', '9', first.epoch));
    expect(JSON.parse(sink.replayed.at(-1)!).epoch).toBe(first.epoch);
    await second.stop();
  });

  test('goes on after failures, halves a refused batch, and gives up with a reason when the sink stays unreachable', async () => {
    const folder = aFolder();
    const outbox = await anOutbox(folder, 50, 50);
    const sink = new MemorySink(sinkName);
    let sends = 0;
    sink.onSend = ({ records }) => {
      sends++;
      if (sends % 3 === 0) return { kind: 'fails', code: 'FORPOST_SINK_UNREACHABLE', arrives: 1 };
      const bad = records.some(({ sequence }) => sequence === 23);
      return bad ? { kind: 'fails', code: 'FORPOST_SINK_REFUSED', arrives: 0 } : { kind: 'well' };
    };
    expect(await run(folder, sink, rangeOf('1', '50', undefined))).toMatchObject({ sent: 49, refused: 1 });
    expect(new Set(numbers(sink).filter((n) => n !== 23)).size).toBe(49);
    sink.onOpen = () => ({ kind: 'fails', code: 'FORPOST_SINK_UNREACHABLE', arrives: 0 });
    await expect(run(folder, sink, rangeOf('1', '50', undefined))).rejects.toThrow(
      /took 0 of up to 50 events, then failed 6 times in a row: .*harmless/,
    );
    await outbox.stop();
  });

  test.each([
    ['10', '5', 'is above'],
    ['2026-06-01T10:00:00Z', '2026-06-01T09:00:00Z', 'is not before'],
    ['yesterday', 'today', 'neither a number'],
    ['1', '2026-06-01T09:00:00Z', 'both ends are of one kind'],
    ['2026-06-01 10:00', '2026-06-01 11:00', 'neither a number'],
  ])('%s to %s is no range', (from, to, said) => {
    expect(() => rangeOf(from, to, undefined)).toThrow(said);
  });
});

describe('forpost replay', () => {
  const token = 'the-token-of-gateway-one';

  /** A receiver that notes what comes, and a gateway's files beside its outbox. */
  async function aSite() {
    const folder = aFolder();
    const came: string[] = [];
    const app = fastify();
    await app.register(receiverPlugin, {
      gateways: () => ({ 'gw-1': { token_sha256: createHash('sha256').update(token).digest('hex') } }),
      delivery: {
        events: async (_, received, replayed) =>
          void came.push(...received.map(({ event }) => `${event.sequence} ${replayed}`)),
        status: async () => undefined,
      },
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => app.close());
    const { port } = app.server.address() as AddressInfo;
    const put = (name: string, text: string) => writeFile(join(folder, name), text, { mode: 0o600 });
    await put(
      'gateway.yaml',
      `gateway: gw-1\ndata: .\nsite_file: site.yaml\nsecrets_file: secrets.yaml\nmqtt: {}\nhttp: {}\nuplink: [{ kind: http, name: centre, url: 'http://127.0.0.1:${port}' }]\n`,
    );
    await put('site.yaml', 'site: { id: home, timezone: Europe/Berlin }\ndevices: []\n');
    await put('secrets.yaml', `mqtt: {}\nconsole: {}\nuplink: { centre: { token: ${token} } }\n`);
    return { folder, came };
  }

  async function forpost(folder: string, ...args: readonly string[]) {
    const main = fileURLToPath(new URL('../main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, 'replay', '-c', join(folder, 'gateway.yaml'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    const code = await new Promise((resolve) => child.once('close', resolve));
    return { code, out, err };
  }

  test('sends again what is kept, beside a gateway that runs and after it was stopped', async () => {
    const { folder, came } = await aSite();
    const outbox = await anOutbox(folder, 700, 700, 'centre');
    const running = await forpost(folder, '--lane', 'telemetry', '--from', '1', '--to', '700');
    expect(running).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^centre: 700 events of telemetry \(0\.3 MB\) sent again in/),
    });
    expect(came).toEqual(upTo(1, 700).map((n) => `${n} true`));
    await outbox.stop();
    const stopped = await forpost(folder, '--lane', 'alerts', '--from', '1', '--to', '2', '--sink', 'centre');
    expect(stopped.out).toContain('1 events of alerts');
    expect(stopped.out).toContain('1 more wait for their first delivery');
  });

  test('names an error in one line, and ends with status 1', async () => {
    const { folder } = await aSite();
    const missing = await forpost(folder, '--lane', 'telemetry', '--from', '1', '--to', '2');
    expect(missing).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('has this gateway ever been started'),
    });
    const outbox = await anOutbox(folder, 3, 3, 'centre');
    const lane = await forpost(folder, '--lane', 'alert', '--from', '1', '--to', '2');
    expect(lane.err).toMatch(/^there is no lane "alert".*alerts/);
    const nothing = await forpost(folder, '--lane', 'telemetry', '--from', '77', '--to', '99');
    expect(nothing.err).toContain('nothing delivered is in that range');
    expect(nothing.err.trim().split('\n')).toHaveLength(1);
    const nobody = await forpost(folder, '--lane', 'telemetry', '--from', '1', '--to', '2', '--sink', 'center');
    expect(nobody.err).toMatch(/there is no uplink "center".*centre/);
    await outbox.stop();
  });
});
