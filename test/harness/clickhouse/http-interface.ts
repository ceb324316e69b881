/**
 * ClickHouse's HTTP interface over the embedded engine, as a process of its own: the tests' ClickHouse server when no real one
 * is available. The engine is real; this file implements only the HTTP layer, after
 * https://clickhouse.com/docs/interfaces/http and the answers of a real server.
 *
 *   node http-interface.ts FOLDER PORT [USER PASSWORD]      prints one line of JSON, {"port": N}, once it listens
 *
 * Implemented: the statement is `query` followed by the body; `database`; `default_format`; `param_NAME` in the Escaped
 * format; every other parameter is a setting; GET reads only; user and password by header, by Basic authentication or by
 * parameter; `X-ClickHouse-Exception-Code` and the HTTP statuses of exceptions; without `wait_end_of_query` an exception can
 * follow a status of 200. Not implemented: sessions, compression, progress headers.
 *
 * A parent makes the next requests fail over its IPC channel: {"fault": Fault, "times": N}.
 */
import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Session } from 'chdb';
import type { Fault } from './faults.ts';

const [folder = '', port = '0', user = 'default', password = ''] = process.argv.slice(2);
/** keeps the engine open between requests */
const keeper = new Session(folder);
let planned: { readonly fault: Fault; times: number } | undefined;

/** Parameters that are not settings (HTTPHandler.cpp, reserved_param_names, as far as the tests' clients send them). */
const reserved = new Set(['query', 'database', 'default_format', 'user', 'password', 'wait_end_of_query', 'query_id']);

/** HTTP statuses of exceptions (src/Server/HTTP/exceptionCodeToHTTPStatus.cpp); all others are 500. */
const statuses: Readonly<Record<number, number>> = {
  ...byStatus(400, [6, 26, 27, 33, 38, 41, 46, 53, 62, 72, 130, 456, 457, 467]),
  ...byStatus(403, [164, 192, 193, 194, 291, 497, 516]),
  ...byStatus(404, [16, 45, 47, 48, 57, 60, 81, 82, 115]),
  159: 408,
};

function byStatus(status: number, codes: readonly number[]): Record<number, number> {
  return Object.fromEntries(codes.map((code) => [code, status]));
}

class Exception extends Error {
  readonly code: number;
  constructor(words: string) {
    super(`${words.trim()} (version 26.7.1.1 (server of the tests))\n`);
    this.code = Number(/^Code: (\d+)\./.exec(words)?.[1] ?? 1001);
  }
}

const server = createServer((request, response) => {
  void answer(request, response).catch((error: unknown) =>
    response.destroy(error instanceof Error ? error : undefined),
  );
});
server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
process.on('message', (plan: { fault: Fault; times: number }) => {
  planned = plan;
  process.send?.('planned');
});
process.once('SIGTERM', () => {
  server.closeAllConnections();
  server.close(() => {
    keeper.close();
    process.exit(0);
  });
});
// without its parent this server has no use
process.once('disconnect', () => process.exit(0));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
  const body = await text(request);
  if (pathname === '/ping') return void response.end('Ok.\n');
  if (pathname !== '/') return void response.writeHead(404).end(`There is no handle ${pathname}\n`);
  const fault = nextFault();
  if (fault === 'hang') return;
  if (fault === 'cut-before') return void request.socket.destroy();
  try {
    if (fault === 'memory')
      throw new Exception('Code: 241. DB::Exception: (total) memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)');
    authenticate(request, searchParams);
    const result = await run(request.method === 'GET', searchParams, body);
    if (fault === 'cut-after') return void request.socket.destroy();
    deliver(response, result, fault);
  } catch (error) {
    refuse(response, error, searchParams.get('wait_end_of_query') === '1');
  }
}

function nextFault(): Fault | undefined {
  if (planned === undefined || planned.times === 0) return undefined;
  planned.times--;
  return planned.fault;
}

function deliver(response: ServerResponse, result: string, fault: Fault | undefined): void {
  const half = result.slice(0, Math.ceil(result.length / 2));
  const words = 'Code: 241. DB::Exception: Query memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)\n';
  response.setHeader('Content-Type', 'application/x-ndjson; charset=UTF-8');
  if (fault === 'code-only') {
    response.setHeader('X-ClickHouse-Exception-Code', '241');
    response.end(words);
  } else if (fault === 'cut-within') {
    response.writeHead(200, { 'Transfer-Encoding': 'chunked' });
    response.write(half, () => response.destroy());
  } else if (fault === 'exception-within') {
    response.end(`${half}\n${words}`);
  } else response.end(result);
}

/** After a part of the answer an exception can change neither status nor headers. */
function refuse(response: ServerResponse, error: unknown, buffered: boolean): void {
  const exception =
    error instanceof Exception ? error : new Exception(error instanceof Error ? error.message : String(error));
  if (!buffered && exception.code === 395) return void response.end(`\n${exception.message}`);
  response.setHeader('X-ClickHouse-Exception-Code', String(exception.code));
  response.writeHead(statuses[exception.code] ?? 500, { 'Content-Type': 'text/plain; charset=UTF-8' });
  response.end(exception.message);
}

function authenticate(request: IncomingMessage, search: URLSearchParams): void {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const [basicUser, basicPassword] = basic === undefined ? [] : splitOnce(Buffer.from(basic, 'base64').toString());
  const given = (header: string, other: string | undefined, name: string) =>
    (request.headers[header] as string | undefined) ?? other ?? search.get(name) ?? undefined;
  const who = given('x-clickhouse-user', basicUser, 'user') ?? 'default';
  const key = given('x-clickhouse-key', basicPassword, 'password') ?? '';
  if (same(who, user) && same(key, password)) return;
  throw new Exception(
    `Code: 516. DB::Exception: ${who}: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)`,
  );
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf(':');
  return [text.slice(0, at), text.slice(at + 1)];
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Runs one statement in a session of its own, so that no setting outlives its request. */
async function run(readOnly: boolean, search: URLSearchParams, body: string): Promise<string> {
  const session = new Session(folder);
  try {
    const statement = [search.get('query') ?? '', body].filter((part) => part !== '').join('\n');
    if (statement.trim() === '')
      throw new Exception('Code: 62. DB::Exception: Syntax error: Empty query. (SYNTAX_ERROR)');
    const database = search.get('database');
    if (database !== null) await session.queryAsync(`USE ${identifier(database)}`);
    for (const [name, value] of search)
      if (!reserved.has(name)) await session.queryAsync(`SET ${identifier(name)} = ${literal(value)}`);
    if (readOnly) await session.queryAsync('SET readonly = 1');
    const result = await session.queryAsync(statement, { format: search.get('default_format') ?? 'TabSeparated' });
    return result.text();
  } finally {
    session.close();
  }
}

function identifier(name: string): string {
  return `\`${name.replace(/[\\`]/g, (character) => `\\${character}`)}\``;
}

function literal(value: string): string {
  return `'${value.replace(/[\\']/g, (character) => `\\${character}`)}'`;
}
