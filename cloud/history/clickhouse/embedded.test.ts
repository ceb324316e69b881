/** Faults of the embedded ClickHouse alone: its folder, other processes, kills, and threads shared with the centre. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { decodeEvent, encodeEvent } from '@forpost/shared/event/codec.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { expectRussian } from '@forpost/shared/texts/testing/untranslated.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HistoryRecovery } from '../../ingest/recovery.ts';
import { alertEvent } from '../../notify/testing/recording-channel.ts';
import { recentMetrics } from '../../series/metrics.ts';
import { exampleEvent } from '../../testing/examples.ts';
import { ClickHouseHistory } from './clickhouse-history.ts';
import { EmbeddedExecutor } from './embedded.ts';
import { toLine } from './rows.ts';
import { migrate } from './schema.ts';
import { migrations } from './sql.ts';

let folder: string;
let children: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-embedded-'));
  children = [];
});
afterEach(async () => {
  for (const child of children)
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  await rm(folder, { recursive: true });
});

const history = () =>
  new ClickHouseHistory({ executor: new EmbeddedExecutor(folder), clock: systemClock, logger: silentLogger() });

/** A process that inserts `size` events at a time without end, and reports the number of answered events after each insert. */
function inserter(epoch: string, size: number): ChildProcess {
  const child = fork(new URL('./inserter.ts', import.meta.url), [folder, epoch, String(size)], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
  });
  children.push(child);
  return child;
}

/** A history with one event, closed again. */
async function filled(): Promise<void> {
  const first = history();
  await first.start();
  await first.insert([exampleEvent({ sequence: 1, time: Date.UTC(2026, 0, 1) })]);
  await first.stop();
}
/** the first file below the folder whose path matches `pattern` */
async function fileOf(pattern: RegExp): Promise<string> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => pattern.test(name));
  const [found] = files.sort();
  if (found === undefined) throw new Error(`no file like ${pattern}`);
  return join(folder, found);
}
const recovery = () =>
  new HistoryRecovery({
    folder,
    kafka: undefined,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger(),
  });

test.each([
  ['the database’s definition is empty', /^metadata.forpost\.sql$/, ''],
  ['a table’s definition is something else', /^store.*.clocks\.sql$/, '\0\u00ff\u0001 what is this'],
  ['a table’s change is torn', /^store.*.mutation_\d+\.txt$/, 'format ver'],
])(
  'when %s, the history is reported as damaged and not as locked; it is put aside and a new one opens',
  async (_what, file, content) => {
    await filled();
    await writeFile(await fileOf(file), content);
    const error = await history()
      .start()
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    expect(error).toMatchObject({ code: 'FORPOST_HISTORY_DAMAGED' });
    expect(String(error)).toMatch(/is damaged and cannot be opened: \S/);
    expect(String(error)).not.toMatch(/another process|Stack trace/);
    const opening = recovery();
    const opened = history();
    await opening.open(opened);
    expect((await opened.events({ limit: 10 })).events).toEqual([]);
    await opened.insert([exampleEvent({ sequence: 2, time: Date.UTC(2026, 0, 2) })]);
    await opened.stop();
    const [problem] = opening.problems().map(inEnglish);
    expect(problem).toContain('is damaged and cannot be opened');
    const aside = /put aside to (\S+),/.exec(problem ?? '')?.[1] ?? '';
    for (const one of opening.problems()) expectRussian(one, '');
    expect(await readdir(aside)).toContain('store');
    // the problem stays until a person has removed the damaged history
    const later = recovery();
    const again = history();
    await later.open(again);
    expect((await again.events({ limit: 10 })).events).toHaveLength(1);
    await again.stop();
    expect(later.problems()).toEqual(opening.problems());
    await rm(aside, { recursive: true });
    await rm(`${folder}-damaged.json`);
  },
);

test('the history opens without a damaged part, and the page says that events are missing', async () => {
  await filled();
  const part = await fileOf(/^store.[0-9a-f]{3}.[0-9a-f-]{36}.\d{6}_\d+_\d+_\d+.data\.bin$/);
  await truncate(part, 0);
  const opened = history();
  await opened.start();
  expect((await opened.events({ limit: 10 })).events).toEqual([]);
  expect(opened.problems().map(inEnglish)).toEqual([
    expect.stringMatching(/leaves out damaged files.*parts: \d+ of events.*forpost cloud rebuild/),
  ]);
  await opened.stop();
});

test('an unreadable folder does not count as a damaged history: nothing is put aside', async () => {
  await writeFile(join(folder, 'store'), 'a file where a folder should be');
  await expect(recovery().open(history())).rejects.toThrow(/Not a directory/);
  expect(await readdir(folder)).toContain('store');
});

test('after a kill at any moment each insert is stored whole or not at all, and every answered insert is stored', async () => {
  const size = 400;
  for (let round = 0; round < 4; round++) {
    const epoch = `round-${round}`;
    const child = inserter(epoch, size);
    let answered = 0;
    const enough = new Promise<void>((resolve) => {
      child.on('message', (count: number) => {
        answered = count;
        if (count >= (3 + round) * size) resolve();
      });
    });
    await enough;
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = history();
    await store.start();
    const key = { gateway: 'gw', epoch, lane: 'telemetry' } as const;
    const ranges = await store.received(key);
    const { rows, distinct } = await store.rows(key);
    const charted = await store.series({
      device: 'meter',
      metric: 'power_w',
      from: 0,
      to: Date.UTC(2100, 0),
      stepSeconds: 366 * 86_400,
      channel: epoch,
      aggregate: 'count',
      timezone: 'UTC',
    });
    await store.stop();
    expect(ranges).toHaveLength(1);
    const [from, through] = ranges[0]!;
    expect(from).toBe(1);
    expect(through % size).toBe(0);
    expect(through).toBeGreaterThanOrEqual(answered);
    expect({ rows, distinct }).toEqual({ rows: through, distinct: through });
    // the projection behind charts is as complete as the rows
    expect(charted.reduce((sum, { value }) => sum + value, 0)).toBe(through);
  }
});

test('queries are answered though a power cut left projections empty or full of zeros', async () => {
  const epoch = 'torn';
  const child = inserter(epoch, 50);
  await new Promise<void>((resolve) => child.on('message', (count: number) => count >= 150 && resolve()));
  child.kill('SIGKILL');
  await once(child, 'exit');
  const names = await readdir(join(folder, 'store'), { recursive: true });
  const files = names.filter((name) => name.includes('.proj/') && name.endsWith('data.bin'));
  expect(files.length).toBeGreaterThanOrEqual(9);
  for (const [index, name] of files.entries()) {
    const file = join(folder, 'store', name);
    const { size } = await stat(file);
    await truncate(file, 0);
    if (index % 2 === 0) await truncate(file, size);
  }
  const store = history();
  await store.start();
  const key = { gateway: 'gw', epoch, lane: 'telemetry' } as const;
  const [range] = await store.received(key);
  expect(range?.[0]).toBe(1);
  expect(range?.[1]).toBeGreaterThanOrEqual(150);
  expect(await store.lanes()).toEqual([key]);
  expect((await store.ask(recentMetrics, undefined)).map(({ metric }) => metric)).toEqual(['power_w']);
  const [year] = await store.series({
    device: 'meter',
    metric: 'power_w',
    from: 0,
    to: Date.UTC(2100, 0),
    stepSeconds: 366 * 86_400,
    aggregate: 'count',
    timezone: 'UTC',
  });
  expect(year?.value).toBe(range?.[1]);
  await store.stop();
});

test('a second centre on the same folder is refused with one line that names the first one’s process', async () => {
  const child = inserter('first', 1);
  await once(child, 'message');
  const refused = history()
    .start()
    .then(
      () => 'started',
      (error: Error) => error.message,
    );
  const line = await refused;
  expect(line).toContain(folder);
  expect(line).toContain(`process ${child.pid}`);
  expect(line).not.toContain('\n');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const store = history();
  await store.start();
  await store.stop();
});

test('a long query delays neither the event loop nor an insert', async () => {
  const executor = new EmbeddedExecutor(folder);
  await executor.open();
  await executor.command('CREATE TABLE numbers_kept (n UInt64) ENGINE = MergeTree ORDER BY n');
  let answered = false;
  // it takes 6 s of any machine, and no processor: a busy machine makes the insert slower, and not this query
  const began = performance.now();
  const long = executor
    .query<{ n: string }>('SELECT sum(sleepEachRow(1)) AS n FROM numbers(6) SETTINGS max_block_size = 1', {})
    .finally(() => {
      answered = true;
    });
  let longestMs = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
  }, 5);
  await executor.insert('numbers_kept', '{"n":1}');
  expect(answered).toBe(false);
  await long;
  clearInterval(watch);
  // a query on the event loop would hold it for all of that time
  const tookMs = performance.now() - began;
  expect(tookMs).toBeGreaterThan(5_000);
  expect(longestMs).toBeLessThan(tookMs / 2);
  await executor.close();
});

test('a history written by a newer Forpost is refused, and an older one is migrated', async () => {
  const executor = new EmbeddedExecutor(folder);
  await executor.open();
  expect(await migrate(executor, 0)).toBe(migrations.length);
  expect(await migrate(executor, 0)).toBe(0);
  const more = [...migrations, 'CREATE TABLE IF NOT EXISTS extra (n UInt8) ENGINE = MergeTree ORDER BY n'];
  expect(await migrate(executor, 0, more)).toBe(1);
  await executor.close();
  await expect(history().start()).rejects.toThrow(
    `${folder} was written by a newer Forpost (schema ${migrations.length + 1}, this one knows ${migrations.length})`,
  );
  // the refused open has released the folder
  const again = new EmbeddedExecutor(folder);
  await again.open();
  expect(await again.query('SELECT count() AS n FROM extra', {})).toEqual([{ n: '0' }]);
  await again.close();
});

test('a refused statement fails with ClickHouse’s message in one line, and the next statement works', async () => {
  const executor = new EmbeddedExecutor(folder);
  await expect(executor.query('SELECT 1', {})).rejects.toMatchObject({ code: 'FORPOST_HISTORY_FAILED' });
  await executor.open();
  const wrong = executor.query('SELECT * FROM nowhere', {});
  await expect(wrong).rejects.toMatchObject({ code: 'FORPOST_HISTORY_FAILED', retryable: true });
  await expect(wrong).rejects.toThrow(/could not answer: Code: 60.*nowhere/);
  await expect(executor.insert('nowhere', '{"n":1}')).rejects.toThrow('refused an insert');
  await expect(executor.command('SELEC')).rejects.toThrow('refused a statement');
  const nasty = `' OR 1=1; -- \\ \\' \t\n\r\b\f\u0000 {x:String} é🔥`;
  expect(await executor.query('SELECT {x:String} AS x, {n:Int64} AS n', { x: nasty, n: -5 })).toEqual([
    { x: nasty, n: '-5' },
  ]);
  await executor.close();
  await executor.close();
});

test.each([
  ['is missing', 'DROP TABLE alarm_states SYNC'],
  ['is of another version', "ALTER TABLE alarm_states MODIFY COMMENT 'forpost 0'"],
  ['lacks what another centre stored lately', 'TRUNCATE TABLE alarm_states'],
])('a start completes the list of alarms when the table of alarm states %s', async (_what, statement) => {
  const first = history();
  await first.start();
  await first.insert([1, 2, 3].map((n) => alertEvent(n, {}, { received: Date.now() })));
  const before = await first.alarms(0, 10);
  await first.stop();
  expect(before.open).toBe(3);
  const executor = new EmbeddedExecutor(folder);
  await executor.open();
  await executor.command(statement);
  await executor.close();
  const store = history();
  await store.start();
  expect(await store.alarms(0, 10)).toEqual(before);
  await store.insert([alertEvent(4, {}, { received: Date.now() })]);
  expect((await store.alarms(0, 10)).open).toBe(4);
  await store.stop();
});

test('unreadable alarm states are built anew, and the list of alarms is answered', async () => {
  const first = history();
  await first.start();
  await first.insert([1, 2, 3].map((n) => alertEvent(n, {}, { received: Date.now() })));
  const before = await first.alarms(0, 10);
  await first.stop();
  // the table has no partitions, so its parts are named all_…
  const names = (await readdir(folder, { recursive: true })).filter((name) =>
    /^store.[0-9a-f]{3}.[0-9a-f-]{36}.all_\d+_\d+_\d+.data\.bin$/.test(name),
  );
  let zeroed = 0;
  for (const name of names) {
    const file = join(folder, name);
    const { size } = await stat(file);
    // other tables without partitions have smaller parts
    if (size < 400) continue;
    await truncate(file, 0);
    await truncate(file, size);
    zeroed++;
  }
  expect(zeroed).toBeGreaterThan(0);
  const store = history();
  await store.start();
  expect(await store.alarms(0, 10)).toEqual(before);
  expect((await store.alarms(0, 10)).open).toBe(3);
  await store.stop();
});

test('after an update, alarms that ended before it need no acknowledgement, and alarms that end later do', async () => {
  const ended = (sequence: number) => {
    const decoded = decodeEvent(
      encodeEvent(asId<'site'>('home'), asId<'gateway'>('gw'), {
        epoch: asId<'epoch'>('e'),
        lane: 'alerts',
        sequence,
        type: eventTypes.alert,
        device: asId<'device'>('yard'),
        time: 1000,
        received: 1000,
        clock: 'synced',
        boot: 'b',
        uptime: 1,
        data: JSON.stringify({
          alarm: `a${sequence}`,
          change: 'cleared',
          active: false,
          acknowledged: false,
          severity: 'critical',
          test: false,
          rule: 'gate',
          device: 'yard',
          message: 'empty again',
          count: 1,
          evidence: [],
        }),
      }),
    );
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.event;
  };
  const executor = new EmbeddedExecutor(folder);
  await executor.open();
  const before = Date.now() - 1e9;
  await migrate(executor, before, migrations.slice(0, 9));
  await executor.insert('events', toLine(ended(1), before + 1));
  await executor.close();
  const store = history();
  await store.start();
  await store.insert([ended(2)]);
  const { alarms, open } = await store.alarms(0, 10);
  await store.stop();
  expect(alarms.map(({ alarm, open: isOpen }) => [alarm, isOpen]).toSorted()).toEqual([
    ['a1', false],
    ['a2', true],
  ]);
  expect(open).toBe(1);
});
