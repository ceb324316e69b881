/**
 * The sink that needs nothing but an outgoing HTTPS connection: batches as zstd-compressed NDJSON to the centre's
 * receiver (`POST /ingest/v1/events`), which answers only when its own Kafka or history has them.
 *
 * Always: a batch is safe only if the answer names it whole; only «too large» and «invalid» (400, 413, 422) are final,
 * everything else waits.
 */
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { SinkConfig } from '../../config/installation.ts';
import type { Sink, SinkBatch, SinkSession } from '../sink.ts';
import type { SinkContext } from './registry.ts';

type HttpSinkConfig = Extract<SinkConfig, { kind: 'http' }>;

const compress = promisify(zstdCompress);
const refusals = new Set([400, 413, 422]);
/** of an answer: an error page is not read to its end */
const maxAnswerBytes = 65_536;

const acceptance = Compile(
  Type.Object({
    accepted: Type.Array(
      Type.Object({ lane: Type.String(), epoch: Type.String(), from: Type.String(), through: Type.String() }),
    ),
  }),
);

export function httpSink(config: HttpSinkConfig, context: SinkContext): Sink {
  const base = config.url.replace(/\/+$/, '');
  return {
    name: context.name,
    async open(deadlineMs) {
      const { secret } = context;
      if (secret === undefined || !('token' in secret))
        throw new ForpostError(
          'FORPOST_SINK_UNREACHABLE',
          `the secrets file has no token for the uplink "${context.name}" (uplink: ${context.name}: token: …)`,
        );
      const session = new HttpSession(base, secret.token);
      // an empty batch: whether the address and the token are right, before anything waits on it
      await session.post('', deadlineMs);
      return session;
    },
  };
}

class HttpSession implements SinkSession {
  readonly #base: string;
  readonly #token: string;
  readonly #closing = new AbortController();

  constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  async send(batch: SinkBatch, deadlineMs: number): Promise<void> {
    const first = batch.records[0];
    const last = batch.records.at(-1);
    if (first === undefined || last === undefined) return;
    const { accepted } = await this.post(`${batch.records.map(({ json }) => json).join('\n')}\n`, deadlineMs);
    const whole = accepted.some(
      ({ lane, epoch, from, through }) =>
        lane === batch.lane &&
        epoch === batch.epoch &&
        Number(from) <= first.sequence &&
        Number(through) >= last.sequence,
    );
    if (!whole)
      throw new ForpostError(
        'FORPOST_SINK_UNREACHABLE',
        `${this.#base} did not accept the whole batch: sending it again`,
      );
  }

  async status(status: GatewayStatus, deadlineMs: number): Promise<void> {
    await this.#call('PUT', '/ingest/v1/status', 'application/json', JSON.stringify(status), deadlineMs);
  }

  async post(lines: string, deadlineMs: number) {
    const answer = await this.#call('POST', '/ingest/v1/events', 'application/x-ndjson', lines, deadlineMs);
    let value: unknown;
    try {
      value = JSON.parse(answer);
    } catch (error) {
      throw notReceiver(this.#base, error);
    }
    if (!acceptance.Check(value)) throw notReceiver(this.#base);
    return value;
  }

  async #call(method: string, path: string, type: string, body: string, deadlineMs: number): Promise<string> {
    const url = `${this.#base}${path}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        headers: { authorization: `Bearer ${this.#token}`, 'content-type': type, 'content-encoding': 'zstd' },
        body: await compress(Buffer.from(body)),
        redirect: 'error',
        signal: AbortSignal.any([AbortSignal.timeout(deadlineMs), this.#closing.signal]),
      });
      text = await textOf(response);
    } catch (error) {
      throw unreachable(this.#base, error, deadlineMs);
    }
    if (response.ok) return text;
    throw new ForpostError(
      refusals.has(response.status) ? 'FORPOST_SINK_REFUSED' : 'FORPOST_SINK_UNREACHABLE',
      `${this.#base} answered ${response.status}: ${reasonIn(text)}`,
    );
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }
}

async function textOf(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxAnswerBytes) break;
  }
  return text;
}

/** The receiver's own sentence, else the beginning of whatever stood there. */
function reasonIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'detail' in value) return String(value.detail);
  } catch (error) {
    return `${text.slice(0, 120)} (${messageOf(error)})`;
  }
  return text.slice(0, 120);
}

function unreachable(base: string, error: unknown, deadlineMs: number): ForpostError {
  const options = { cause: error };
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return new ForpostError('FORPOST_SINK_TIMEOUT', `${base} did not answer within ${deadlineMs / 1000} s`, options);
  // fetch says «fetch failed» and keeps what happened in its cause
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new ForpostError('FORPOST_SINK_UNREACHABLE', `${base} cannot be reached: ${messageOf(cause)}`, options);
}

function notReceiver(base: string, cause?: unknown): ForpostError {
  return new ForpostError(
    'FORPOST_SINK_UNREACHABLE',
    `${base} does not answer as Forpost's receiver does: check the address`,
    { cause },
  );
}
