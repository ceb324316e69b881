/**
 * The sink for the centre's receiver, over outgoing HTTPS only. A batch is zstd-compressed NDJSON
 * (`POST /ingest/v1/events`); the receiver answers once its Kafka or its history has stored the batch.
 *
 * The gateway identifies itself by a token, by a client certificate, or by both.
 *
 * Always: a batch is safe only if the answer names its whole range. Only 400, 413 and 422 are final; after every other
 * error the uplink sends the batch again. Redirects are not followed. After 429 or 503 with Retry-After the same batch
 * is sent again after that time, in the same session, if its deadline allows; the other lane does not wait.
 */

import {
  type Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { type ClientTls, tlsOptions } from '@forpost/shared/client-tls.ts';
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { laneHeader, replayHeader } from '@forpost/shared/event/codec.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { endWith, outgoingAgent } from '@forpost/shared/http/outgoing.ts';
import { words } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { instanceHeaders, type Sink, type SinkBatch, type SinkSession } from '../../sink.ts';
import type { SinkContext } from '../../sink-kind.ts';
import { WireCount } from '../wire-count.ts';
import { httpCommands } from './commands.ts';
import { httpReason } from './reasons.ts';
import type { HttpSinkConfig } from './settings.ts';

type Head = OutgoingHttpHeaders;

const compress = promisify(zstdCompress);
const refusals = new Set([400, 413, 422]);
/** Time for an answer: a batch is not sent again with less than this left of its deadline. */
const leastAnswerMs = 1_000;
const leastWaitMs = 250;
/** limit of an answer; a longer error page is not read to its end */
const maxAnswerBytes = 65_536;
/** one socket for a batch, one for the gateway's status */
const agentOptions = { keepAlive: true, maxSockets: 2 };

const acceptance = Compile(
  Type.Object({
    accepted: Type.Array(
      Type.Object({ lane: Type.String(), epoch: Type.String(), from: Type.String(), through: Type.String() }),
    ),
  }),
);

export function httpSink(config: HttpSinkConfig, context: SinkContext): Sink {
  const base = config.url.replace(/\/+$/, '');
  const other = new WireCount();
  return {
    name: context.name,
    commands: httpCommands({
      base,
      tls: config.tls,
      token: () => credentialOf(config, context),
      head: instanceHeaders(context.identity),
      clock: context.clock,
      wire: other,
    }),
    get otherWireBytes() {
      return other.bytes;
    },
    isLogInRefused,
    async open(deadlineMs) {
      const session = new HttpSession(base, config.tls, credentialOf(config, context), context);
      try {
        // an empty batch checks the address and the token before events depend on them
        await session.post('', deadlineMs);
      } catch (error) {
        other.adopt(session.wire);
        await session.close();
        throw error;
      }
      return session;
    },
  };
}

/**
 * The token; undefined: the client certificate identifies the gateway.
 * @throws ForpostError FORPOST_SINK_UNREACHABLE if there is neither
 */
function credentialOf({ tls }: HttpSinkConfig, { secret, name }: SinkContext): string | undefined {
  if (secret?.token !== undefined) return secret.token;
  if (tls !== undefined && tls !== true && tls.certificate !== undefined) return undefined;
  throw new ForpostError('FORPOST_SINK_UNREACHABLE', words('gateway/reason.no-token', { name }), {
    cause: new AnsweredStatus(401),
  });
}

/** The status of an answer that is no success; 401 where this side has no credential to send. */
class AnsweredStatus extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

function isLogInRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof AnsweredStatus && (cause.status === 401 || cause.status === 403);
}

class HttpSession implements SinkSession {
  readonly #base: string;
  readonly #tls: ClientTls | undefined;
  readonly #token: string | undefined;
  readonly #clock: Clock;
  readonly #instance: Readonly<Record<string, string>>;
  readonly wire = new WireCount();
  readonly #closing = new AbortController();
  #agent: HttpAgent | undefined;

  constructor(base: string, tls: ClientTls | undefined, token: string | undefined, context: SinkContext) {
    this.#base = base;
    this.#tls = tls;
    this.#token = token;
    this.#clock = context.clock;
    this.#instance = instanceHeaders(context.identity);
  }

  get wireBytes(): number {
    return this.wire.bytes;
  }

  async send(batch: SinkBatch, deadlineMs: number): Promise<void> {
    const first = batch.records[0];
    const last = batch.records.at(-1);
    if (first === undefined || last === undefined) return;
    const lines = `${batch.records.map(({ json }) => json).join('\n')}\n`;
    const { accepted } = await this.post(lines, deadlineMs, batch);
    const whole = accepted.some(
      ({ lane, epoch, from, through }) =>
        lane === batch.lane &&
        epoch === batch.epoch &&
        Number(from) <= first.sequence &&
        Number(through) >= last.sequence,
    );
    if (!whole)
      throw new ForpostError('FORPOST_SINK_UNREACHABLE', words('gateway/reason.http-part', { where: this.#base }));
  }

  async status(status: GatewayStatus, deadlineMs: number): Promise<void> {
    await this.#call(
      'PUT',
      '/ingest/v1/status',
      { 'content-type': 'application/json' },
      JSON.stringify(status),
      deadlineMs,
    );
  }

  async post(lines: string, deadlineMs: number, batch?: Pick<SinkBatch, 'lane' | 'replayed'>) {
    const head = {
      'content-type': 'application/x-ndjson',
      ...(batch === undefined ? {} : { [laneHeader]: batch.lane }),
      ...(batch?.replayed && { [replayHeader]: '1' }),
    };
    const answer = await this.#call('POST', '/ingest/v1/events', head, lines, deadlineMs);
    let value: unknown;
    try {
      value = JSON.parse(answer);
    } catch (error) {
      throw notReceiver(this.#base, error);
    }
    if (!acceptance.Check(value)) throw notReceiver(this.#base);
    return value;
  }

  async #call(method: string, path: string, head: Head, body: string, deadlineMs: number): Promise<string> {
    const compressed = await compress(Buffer.from(body));
    const headers = {
      ...head,
      ...this.#instance,
      'content-encoding': 'zstd',
      'content-length': compressed.length,
      ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
    };
    const late = AbortSignal.timeout(deadlineMs);
    const signal = AbortSignal.any([late, this.#closing.signal]);
    const until = this.#clock.uptime() + deadlineMs;
    let response: IncomingMessage;
    let text: string;
    try {
      for (;;) {
        response = await this.#request(`${this.#base}${path}`, { method, headers, signal }, compressed);
        text = await textOf(response);
        const waitMs = askedToWaitMs(response);
        if (waitMs === undefined || this.#clock.uptime() + waitMs > until - leastAnswerMs) break;
        await sleep(this.#clock, waitMs, signal);
      }
    } catch (error) {
      throw this.#unreachable(error, late.aborted ? deadlineMs : undefined);
    }
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return text;
    const { location } = response.headers;
    // only the configuration decides which address gets the token and the events
    if (status >= 300 && status < 400 && location !== undefined)
      throw new ForpostError(
        'FORPOST_SINK_UNREACHABLE',
        words('gateway/reason.http-moved', { where: this.#base, location }),
      );
    throw new ForpostError(
      refusals.has(status) ? 'FORPOST_SINK_REFUSED' : 'FORPOST_SINK_UNREACHABLE',
      words('gateway/reason.http-answered', { where: this.#base, status: String(status), reason: reasonIn(text) }),
      { cause: new AnsweredStatus(status) },
    );
  }

  /** Uses node:http, because fetch supports no client certificate and hides its sockets. Follows no redirect. */
  #request(url: string, options: RequestOptions, body: Buffer): Promise<IncomingMessage> {
    const secure = url.startsWith('https:');
    // each session reads the certificate files again, so a renewed certificate needs no restart
    this.#agent ??= outgoingAgent(url, {
      ...agentOptions,
      ...(this.#tls === undefined || !secure ? {} : { tls: tlsOptions(this.#tls) }),
    });
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = (secure ? httpsRequest : httpRequest)(url, { ...options, agent: this.#agent }, resolve);
    request.on('socket', (socket) => this.wire.watch(socket));
    request.on('error', reject);
    if (options.signal != null) endWith(options.signal, reject);
    request.end(body);
    return promise;
  }

  #unreachable(error: unknown, passedMs: number | undefined): ForpostError {
    if (error instanceof ForpostError) return error;
    const options = { cause: error };
    const base = this.#base;
    if (passedMs !== undefined)
      return new ForpostError(
        'FORPOST_SINK_TIMEOUT',
        words('gateway/reason.slow', { where: base, seconds: passedMs / 1000 }),
        options,
      );
    const known = error instanceof Error ? httpReason(error, base, this.#tls, this.#clock.now()) : undefined;
    return new ForpostError(
      'FORPOST_SINK_UNREACHABLE',
      words('gateway/reason.not-reached', { where: base, reason: known ?? messageOf(error) }),
      options,
    );
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#agent?.destroy();
  }
}

/** The Retry-After of an answer 429 or 503, in ms (RFC 9110; in seconds on the wire); undefined: it has none. */
function askedToWaitMs({ statusCode, headers }: IncomingMessage): number | undefined {
  if (statusCode !== 429 && statusCode !== 503) return undefined;
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.max(seconds * 1000, leastWaitMs) : undefined;
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxAnswerBytes) break;
  }
  return text;
}

/** The `detail` of the receiver's problem document; of any other answer its beginning. */
function reasonIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'detail' in value) return String(value.detail);
  } catch (error) {
    return `${text.slice(0, 120)} (${messageOf(error)})`;
  }
  return text.slice(0, 120);
}

function notReceiver(base: string, cause?: unknown): ForpostError {
  return new ForpostError('FORPOST_SINK_UNREACHABLE', words('gateway/reason.no-receiver', { where: base }), { cause });
}
