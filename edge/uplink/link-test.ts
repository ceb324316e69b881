/**
 * A try of the link to the centre: step by step from the name to the answer, each with its result in words.
 *
 *   for each server: name ──► connection ──► TLS ──► (all servers done) ──► log-in ──► answer
 *   a step that fails ends its row: the later ones are skipped. Behind a proxy the steps of a server are skipped.
 *
 * Always: no event and no status is sent; no step shows a secret; every step has a deadline, so a try ends within
 * `longestTryMs`; the sessions of the lanes do not notice it.
 */
import { lookup } from 'node:dns/promises';
import { isIP, connect as plainConnect, type Socket } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { tlsOptions } from '@forpost/shared/client-tls.ts';
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { isLoopback } from '@forpost/shared/http/loopback.ts';
import { proxySettings } from '@forpost/shared/http/outgoing.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { dayOf } from '@forpost/shared/tls.ts';
import { mostServers, openMs, stepMs } from './link-limits.ts';
import type { LinkStep } from './messages.ts';
import type { Sink } from './sink.ts';
import type { SinkServer } from './sink-kind.ts';
import { within } from './sinks/within.ts';

export interface LinkTestParts {
  readonly sink: Sink;
  readonly servers: readonly SinkServer[];
  readonly clock: Clock;
  readonly env?: NodeJS.ProcessEnv;
}

/** Tries the link. Never rejects. */
export async function tryLink({
  sink,
  servers,
  clock,
  env = process.env,
}: LinkTestParts): Promise<readonly LinkStep[]> {
  const tried = servers.slice(0, mostServers);
  const rows = await Promise.all(tried.map((server) => serverSteps(server, clock, env)));
  const steps = rows.flat();
  // Kafka needs one reachable server of its list
  const isReached = rows.length === 0 || rows.some((row) => row.every(({ result }) => result !== 'failed'));
  const where = tried.length === 1 ? whereOf(tried[0]) : sink.name;
  if (!isReached) return [...steps, skipped('log-in', where), skipped('answer', where)];
  return [...steps, ...(await sessionSteps(sink, where, clock))];
}

async function serverSteps(server: SinkServer, clock: Clock, env: NodeJS.ProcessEnv): Promise<readonly LinkStep[]> {
  const { host, port, tls } = server;
  const where = whereOf(server);
  const names = ['name', 'connection', ...(tls === undefined ? [] : ['tls' as const])] as const;
  if (server.throughProxy === true && isProxied(host, env))
    return [done('connection', where, 'skipped', words('gateway/reason.link-proxy'), 0)];
  const steps: LinkStep[] = [];
  const runs = { name: () => found(host), connection: () => connected(host, port), tls: () => encrypted(server) };
  for (const what of names) {
    const last = steps.at(-1);
    steps.push(
      last === undefined || last.result === 'ok' ? await step(what, where, clock, runs[what]) : skipped(what, where),
    );
  }
  return steps;
}

/** One step within its deadline. A reason without a text of its own is the error's message. */
async function step(what: LinkStep['what'], where: string, clock: Clock, run: () => Promise<Words>): Promise<LinkStep> {
  const begun = clock.uptime();
  const took = () => Math.round(clock.uptime() - begun);
  try {
    return done(
      what,
      where,
      'ok',
      await within(clock, stepMs, words('gateway/reason.link-step', { place: where }), run()),
      took(),
    );
  } catch (error) {
    return done(what, where, 'failed', messageOf(error), took());
  }
}

async function found(host: string): Promise<Words> {
  if (isIP(host) !== 0) return words('gateway/reason.link-address');
  try {
    const all = await lookup(host, { all: true });
    return words('gateway/reason.link-name', {
      addresses: all
        .slice(0, 4)
        .map(({ address }) => address)
        .join(', '),
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND') throw fault(words('gateway/reason.link-no-name', { host }), error);
    throw fault(words('gateway/reason.link-no-dns', { host }), error);
  }
}

async function connected(host: string, port: number): Promise<Words> {
  const socket = plainConnect({ host, port });
  try {
    await opened(socket, 'connect');
    return words('gateway/reason.link-connected', { address: socket.remoteAddress ?? host });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED') throw fault(words('gateway/reason.link-refused', { port: String(port) }), error);
    if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') throw fault(words('gateway/reason.link-no-route'), error);
    throw error;
  } finally {
    socket.destroy();
  }
}

/** The server's certificate is checked as a session checks it. */
async function encrypted({ host, port, tls, reasonOf }: SinkServer): Promise<Words> {
  const socket = tlsConnect({
    host,
    port,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(tls === undefined || tls === true ? {} : tlsOptions(tls)),
  });
  try {
    await opened(socket, 'secureConnect');
    return certificateWords(socket);
  } catch (error) {
    const known = error instanceof Error && !(error instanceof ForpostError) ? reasonOf(error) : undefined;
    throw known === undefined ? error : fault(known, error);
  } finally {
    socket.destroy();
  }
}

function certificateWords(socket: TLSSocket): Words {
  const version = socket.getProtocol() ?? 'TLS';
  const until = socket.getPeerX509Certificate()?.validToDate;
  return until === undefined
    ? words('gateway/reason.link-encrypted', { version })
    : words('gateway/reason.link-certificate', { version, day: dayOf(until) });
}

/** A deadline of its own ends the socket too: the caller destroys it. */
function opened(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once(event, resolve);
  // for the socket's whole life: an error without a listener would end the thread
  socket.on('error', reject);
  socket.setTimeout(stepMs, () =>
    socket.destroy(fault(words('gateway/reason.link-silent', { seconds: String(stepMs / 1000) }))),
  );
  return promise;
}

/** A session as the lanes open it: it shows that the other side takes this gateway, and sends nothing. */
async function sessionSteps(sink: Sink, where: string, clock: Clock): Promise<readonly LinkStep[]> {
  const begun = clock.uptime();
  const took = () => Math.round(clock.uptime() - begun);
  try {
    await within(clock, openMs, words('gateway/reason.link-step', { place: where }), openedAndClosed(sink));
    return [
      done('log-in', where, 'ok', words('gateway/reason.link-log-in'), took()),
      done('answer', where, 'ok', words('gateway/reason.link-answer'), took()),
    ];
  } catch (error) {
    const said = messageOf(error);
    if (sink.isLogInRefused?.(error) === true)
      return [done('log-in', where, 'failed', said, took()), skipped('answer', where)];
    if (error instanceof ForpostError && error.code === 'FORPOST_SINK_TOPIC_MISSING')
      return [
        done('log-in', where, 'ok', words('gateway/reason.link-log-in'), took()),
        done('answer', where, 'failed', said, took()),
      ];
    return [skipped('log-in', where), done('answer', where, 'failed', said, took())];
  }
}

/** A session that comes late is closed all the same. */
async function openedAndClosed(sink: Sink): Promise<void> {
  const session = await sink.open(openMs);
  await session.close();
}

function isProxied(host: string, env: NodeJS.ProcessEnv): boolean {
  const { HTTP_PROXY, HTTPS_PROXY, NO_PROXY } = proxySettings(env);
  const isExcepted = NO_PROXY.split(',').some(
    (one) => one !== '' && (host === one || host.endsWith(one.replace(/^\*?\.?/, '.'))),
  );
  return (HTTP_PROXY ?? HTTPS_PROXY) !== undefined && !isExcepted && !isLoopback(host);
}

function whereOf(server: SinkServer | undefined): string {
  if (server === undefined) return '';
  const { host, port } = server;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function done(what: LinkStep['what'], where: string, result: LinkStep['result'], said: string, ms: number): LinkStep {
  return { what, where, result, said, ms };
}

function skipped(what: LinkStep['what'], where: string): LinkStep {
  return done(what, where, 'skipped', words('gateway/reason.link-skipped'), 0);
}

function fault(reason: string, cause?: unknown): ForpostError {
  return new ForpostError('FORPOST_SINK_UNREACHABLE', reason, { cause });
}
