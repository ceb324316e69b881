/** The history by URL over a server that fails in every way that an HTTP server and its network can. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fault, faults } from '../../../test/harness/clickhouse/faults.ts';
import { TestClickHouse } from '../../../test/harness/clickhouse/server.ts';
import { HttpExecutor } from './http.ts';

const login = ['ada', 'se:cr\\et é'] as const;
let server: TestClickHouse;
let executor: HttpExecutor;
let tables = 0;

/** with ada's password, or another one */
function executorFor(password: string = login[1], database = 'energy', quickMs = 30_000): HttpExecutor {
  const address = server.origin.replace('//', `//${login[0]}:${encodeURIComponent(password)}@`);
  return new HttpExecutor(`${address}/${database}`, { quickMs, patientMs: 30_000 });
}

/** Who asks a server that fails like this: of one that hangs nobody waits long for an answer. */
const asker = (fault: Fault) => (fault === 'hang' ? executorFor(login[1], 'energy', 1_000) : executor);

beforeAll(async () => {
  server = await TestClickHouse.start(...login);
  executor = executorFor();
  await executor.open();
});
afterAll(() => server.remove());

/** A table in which the same row twice is one, as in the history. */
async function newTable(): Promise<string> {
  const name = `t${++tables}`;
  await executor.command(`CREATE TABLE ${name} (n UInt64, words String) ENGINE = ReplacingMergeTree ORDER BY n`);
  return name;
}

const rowsOf = (table: string) =>
  executor.query<{ n: string }>(`SELECT n FROM ${table} FINAL ORDER BY n`, {}).then((rows) => rows.map(({ n }) => n));
const lines = [1, 2, 3].map((n) => JSON.stringify({ n, words: `words ${n}` })).join('\n');

/** What reaches the reader is one line that can be tried again and keeps the password. */
async function expectRefused(attempt: Promise<unknown>, words: RegExp): Promise<void> {
  const error: unknown = await attempt.then(
    () => 'it went well',
    (refused: unknown) => refused,
  );
  expect(error).toMatchObject({
    code: 'FORPOST_HISTORY_FAILED',
    retryable: true,
    message: expect.stringMatching(words),
  });
  expect(String(error)).not.toContain('\n');
  for (const secret of [login[1], encodeURIComponent(login[1])]) expect(String(error)).not.toContain(secret);
}

const words: Readonly<Record<Fault, RegExp>> = {
  'cut-before': /does not answer/,
  'cut-after': /does not answer/,
  'cut-within': /does not answer/,
  'exception-within': /memory limit exceeded/i,
  'code-only': /memory limit exceeded/i,
  memory: /memory limit exceeded/i,
  hang: /does not answer/,
};

test.for(faults)('a query that ends in «%s» is an error and never a part of its rows', async (fault) => {
  const table = await newTable();
  await executor.insert(table, lines);
  await server.fail(fault);
  await expectRefused(asker(fault).query(`SELECT n, words FROM ${table} ORDER BY n`, {}), words[fault]);
  expect(await rowsOf(table)).toEqual(['1', '2', '3']);
});

// an insert has an empty answer, in which nothing can go wrong halfway
test.for(faults.filter((fault) => fault !== 'exception-within'))(
  'an insert that ends in «%s» is an error, and tried again its rows are there once',
  async (fault) => {
    const table = await newTable();
    await server.fail(fault);
    await expectRefused(asker(fault).insert(table, lines), words[fault]);
    await executor.insert(table, lines);
    expect(await rowsOf(table)).toEqual(['1', '2', '3']);
  },
);

test('an insert of which one line is wrong leaves none of its rows', async () => {
  const table = await newTable();
  await expectRefused(executor.insert(table, `${lines}\n{"n":"four"}`), /refused.*Code: \d+/);
  expect(await rowsOf(table)).toEqual([]);
});

test('an exception is told with its code and in the words of the server', async () => {
  await expectRefused(executor.query('SELECT * FROM nowhere', {}), /refused \(HTTP 404\): Code: 60\..*nowhere/);
  await expectRefused(executor.command('SELEC 1'), /refused \(HTTP 400\): Code: 62\./);
  await expectRefused(executor.query('SELECT {missing:String}', {}), /Code: 456\./);
  await expectRefused(executorFor(login[1], 'elsewhere').query('SELECT 1', {}), /Code: 81\..*elsewhere/);
});

test('a password that is wrong is told as that, and not with the password', async () => {
  await expectRefused(executorFor('guess').query('SELECT 1', {}), /refused \(HTTP 403\): Code: 516\./);
});

test('a value of a parameter arrives as it was given, whatever it holds', async () => {
  const nasty = ['\u0000', '\t\n\r\b\f', `'"\\\\'`, '\\N', '\\x41', '{n:UInt8}', 'é🔥', '%26 + &', ''];
  for (const value of nasty)
    expect(await executor.query('SELECT {v:String} AS v', { v: value })).toEqual([{ v: value }]);
  expect(await executor.query('SELECT {n:Int64} AS n', { n: Number.MIN_SAFE_INTEGER })).toEqual([
    { n: String(Number.MIN_SAFE_INTEGER) },
  ]);
});

test('a server that comes back is used again, and what it holds is there', async () => {
  const table = await newTable();
  await executor.insert(table, lines);
  await server.kill();
  await expectRefused(rowsOf(table), /does not answer/);
  await server.restart();
  expect(await rowsOf(table)).toEqual(['1', '2', '3']);
});
