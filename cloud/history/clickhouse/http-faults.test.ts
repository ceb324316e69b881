/** The history on a ClickHouse server that fails in every way in which an HTTP server and its network can fail. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fault, faults } from '../../../test/harness/clickhouse/faults.ts';
import { TestClickHouse } from '../../../test/harness/clickhouse/server.ts';
import { HttpExecutor } from './http.ts';

const login = ['ada', 'se:cr\\et é'] as const;
let server: TestClickHouse;
let executor: HttpExecutor;
let tables = 0;

/** logs in as ada; `password` may be a wrong one */
function executorFor(password: string = login[1], database = 'energy', quickMs = 30_000): HttpExecutor {
  const address = server.origin.replace('//', `//${login[0]}:${encodeURIComponent(password)}@`);
  return new HttpExecutor(`${address}/${database}`, { quickMs, patientMs: 30_000 });
}

/** The executor for a fault: a hanging server gets a short deadline. */
const asker = (fault: Fault) => (fault === 'hang' ? executorFor(login[1], 'energy', 1_000) : executor);

beforeAll(async () => {
  server = await TestClickHouse.start(...login);
  executor = executorFor();
  await executor.open();
});
afterAll(() => server.remove());

/** A table that merges duplicate rows, as the history does. */
async function newTable(): Promise<string> {
  const name = `t${++tables}`;
  await executor.command(`CREATE TABLE ${name} (n UInt64, words String) ENGINE = ReplacingMergeTree ORDER BY n`);
  return name;
}

const rowsOf = (table: string) =>
  executor.query<{ n: string }>(`SELECT n FROM ${table} FINAL ORDER BY n`, {}).then((rows) => rows.map(({ n }) => n));
const lines = [1, 2, 3].map((n) => JSON.stringify({ n, words: `words ${n}` })).join('\n');

/** Expects a retryable error in one line without the password. */
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

// the answer to an insert is empty, so it cannot fail halfway
test.for(faults.filter((fault) => fault !== 'exception-within'))(
  'an insert that ends in «%s» is an error, and after a retry its rows are stored once',
  async (fault) => {
    const table = await newTable();
    await server.fail(fault);
    await expectRefused(asker(fault).insert(table, lines), words[fault]);
    await executor.insert(table, lines);
    expect(await rowsOf(table)).toEqual(['1', '2', '3']);
  },
);

test('an insert with one invalid line stores none of its rows', async () => {
  const table = await newTable();
  await expectRefused(executor.insert(table, `${lines}\n{"n":"four"}`), /refused.*Code: \d+/);
  expect(await rowsOf(table)).toEqual([]);
});

test('an error carries the code and the message of the server’s exception', async () => {
  await expectRefused(executor.query('SELECT * FROM nowhere', {}), /refused \(HTTP 404\): Code: 60\..*nowhere/);
  await expectRefused(executor.command('SELEC 1'), /refused \(HTTP 400\): Code: 62\./);
  await expectRefused(executor.query('SELECT {missing:String}', {}), /Code: 456\./);
  await expectRefused(executorFor(login[1], 'elsewhere').query('SELECT 1', {}), /Code: 81\..*elsewhere/);
});

test('the error for a wrong password says so, and does not contain the password', async () => {
  await expectRefused(executorFor('guess').query('SELECT 1', {}), /refused \(HTTP 403\): Code: 516\./);
});

test('any text arrives unchanged as the value of a parameter', async () => {
  const nasty = ['\u0000', '\t\n\r\b\f', `'"\\\\'`, '\\N', '\\x41', '{n:UInt8}', 'é🔥', '%26 + &', ''];
  for (const value of nasty)
    expect(await executor.query('SELECT {v:String} AS v', { v: value })).toEqual([{ v: value }]);
  expect(await executor.query('SELECT {n:Int64} AS n', { n: Number.MIN_SAFE_INTEGER })).toEqual([
    { n: String(Number.MIN_SAFE_INTEGER) },
  ]);
});

test('a restarted server is used again, and its rows are readable', async () => {
  const table = await newTable();
  await executor.insert(table, lines);
  await server.kill();
  await expectRefused(rowsOf(table), /does not answer/);
  await server.restart();
  expect(await rowsOf(table)).toEqual(['1', '2', '3']);
});
