/**
 * The requests to a ClickHouse server and the handling of its answers, against a server that records the requests. (The
 * contract suite runs on a real server that FORPOST_TEST_CLICKHOUSE names.)
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EmbeddedExecutor } from './embedded.ts';
import { escapeParameter, HttpExecutor } from './http.ts';

interface ReceivedRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly search: URLSearchParams;
  readonly body: string;
}

let server: Server;
let received: ReceivedRequest[];
let answer: { status: number; body: string; after?: Promise<void> };
let address: string;

beforeEach(async () => {
  received = [];
  answer = { status: 200, body: '' };
  server = createServer(async (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://x');
    const body = await text(request);
    received.push({ method: request.method ?? '', headers: request.headers, search: searchParams, body });
    await answer.after;
    response.writeHead(answer.status, answer.status === 307 ? { location: '/elsewhere' } : {}).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

test('a query sends its values apart from its text, and 64-bit numbers come back exactly', async () => {
  const executor = new HttpExecutor(`http://ada:se%3Acret@${address}/energy`);
  answer.body = '{"n":"9999999999999999","t":"a"}\n{"n":"2","t":"b"}\n';
  const rows = await executor.query('SELECT {x:String}', { x: `'; DROP\n\\`, n: -5 });
  expect(rows).toEqual([
    { n: '9999999999999999', t: 'a' },
    { n: '2', t: 'b' },
  ]);
  const [{ method, headers, search, body }] = received as [ReceivedRequest];
  expect([method, body]).toEqual(['POST', 'SELECT {x:String}']);
  expect([headers['x-clickhouse-user'], headers['x-clickhouse-key']]).toEqual(['ada', 'se:cret']);
  expect(search.get('param_x')).toBe(`'; DROP\\n\\\\`);
  expect(search.get('param_n')).toBe('-5');
  expect(search.get('database')).toBe('energy');
  expect(search.get('default_format')).toBe('JSONEachRow');
  expect(search.get('wait_end_of_query')).toBe('1');
  expect(search.get('output_format_json_quote_64bit_integers')).toBe('1');
});

test('an insert is one block, which the server writes before it answers', async () => {
  const executor = new HttpExecutor(`http://${address}`);
  await executor.insert('events', '{"a":1}\n{"a":2}');
  const [{ search, body, headers }] = received as [ReceivedRequest];
  expect(body).toBe('{"a":1}\n{"a":2}');
  expect(search.get('query')).toBe('INSERT INTO events FORMAT JSONEachRow');
  expect(search.get('async_insert')).toBe('0');
  expect(Number(search.get('min_insert_block_size_rows'))).toBeGreaterThanOrEqual(50_000);
  expect(headers['x-clickhouse-user']).toBeUndefined();
});

test('a missing database is created', async () => {
  await new HttpExecutor(`http://${address}/energy`).open();
  expect(received[0]?.body).toBe('CREATE DATABASE IF NOT EXISTS energy');
  expect(received[0]?.search.get('database')).toBe('default');
  expect(() => new HttpExecutor(`http://${address}/a;b`)).toThrow("the database's name");
});

test('the error of a refused statement carries the server’s message, without the password', async () => {
  const executor = new HttpExecutor(`http://ada:hunter2@${address}/energy`);
  answer = { status: 404, body: 'Code: 60. DB::Exception: Unknown table.\n(UNKNOWN_TABLE) (version 26.7.3)' };
  const refused = executor.query('SELECT 1', {});
  await expect(refused).rejects.toMatchObject({ code: 'FORPOST_HISTORY_FAILED', retryable: true });
  await expect(refused).rejects.toThrow(`http://${address}/energy refused (HTTP 404): Code: 60.`);
  await expect(refused).rejects.not.toThrow('hunter2');
  answer = { status: 307, body: '' };
  await expect(executor.query('SELECT 1', {})).rejects.toThrow('does not answer');
});

test('the error for an unreachable server is retryable', async () => {
  const gone = new HttpExecutor('http://127.0.0.1:1');
  await expect(gone.open()).rejects.toMatchObject({ code: 'FORPOST_HISTORY_FAILED', retryable: true });
  await expect(gone.open()).rejects.toThrow(/does not answer: .*(ECONNREFUSED|bad port)/);
});

test("the escapes of a value are those that ClickHouse's reader undoes", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-escape-'));
  const clickhouse = new EmbeddedExecutor(folder);
  await clickhouse.open();
  const nasty = `' OR 1=1; -- \\ \\' \\n \t\n\r\b\f\u0000 {x:String} é🔥`;
  // a parameter is escaped as a TabSeparated field is
  const sql = "SELECT x FROM format('TabSeparated', 'x String', {escaped:String})";
  expect(await clickhouse.query(sql, { escaped: escapeParameter(nasty) })).toEqual([{ x: nasty }]);
  await clickhouse.close();
  await rm(folder, { recursive: true });
});

test('a statement and a query without a time limit get a long deadline; other queries get a short one', async () => {
  const { promise: after, resolve } = Promise.withResolvers<void>();
  answer = { status: 200, body: '{"n":1}\n', after };
  const executor = new HttpExecutor(`http://${address}`, { quickMs: 50, patientMs: 30_000 });
  const patient = [executor.command('ALTER'), executor.query('SELECT 1 SETTINGS max_execution_time = 0', {})];
  await expect(executor.query('SELECT 1', {})).rejects.toMatchObject({ code: 'FORPOST_HISTORY_FAILED' });
  await expect(executor.insert('events', '{}')).rejects.toMatchObject({ code: 'FORPOST_HISTORY_FAILED' });
  resolve();
  expect(await Promise.all(patient)).toEqual([undefined, [{ n: 1 }]]);
});
