/**
 * Sends the evidence that the centre asked for to its receiver: `PUT /ingest/v1/evidence/<sha256>` in parts, each from
 * where the receiver says that it is.
 *
 *   asked for ──► queue on disk ──► how much is there? ──► part, part, … ──► whole ──► out of the queue
 *                                     └── not reached, 5xx ──► wait (backoff, jitter) ──► again, for two days
 *                                     └── refused for good, file gone ──► out of the queue, with an event
 *
 * Always: a queued upload survives a kill; one is sent at a time, at most `mostQueued` wait; an upload that failed goes
 * behind the others. A queue that cannot be written is logged; at worst the receiver is asked again for a piece that it
 * has. The two days count the time that the gateway runs, not its clock. Over a metered link each part waits until the
 * uplink's pacer grants it bytes, in the one count of that link (pacing.ts); bytes beyond the grant are counted afterwards.
 */

import { open, readFile } from 'node:fs/promises';
import { type Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type ClientTls, tlsOptions } from '@forpost/shared/client-tls.ts';
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { GatewayData } from '@forpost/shared/event/event.ts';
import { replaceFile } from '@forpost/shared/files.ts';
import { endWith, outgoingAgent } from '@forpost/shared/http/outgoing.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { type Backoff, backoffMs } from '@forpost/shared/retry.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { EvidenceLink } from '../uplink/evidence-link.ts';
import { WireCount } from '../uplink/sinks/wire-count.ts';

export interface UploadTarget {
  /** of the receiver */
  readonly url: string;
  readonly tls?: ClientTls | undefined;
  /** undefined where the client certificate says which gateway this is */
  readonly token?: string | undefined;
  /** the uplink whose limit it counts to, by name; undefined: there is no limit */
  readonly link?: string | undefined;
}

const queuedSchema = Type.Object({
  id: Type.String(),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  size: Type.Integer({ minimum: 1 }),
  path: Type.String(),
  /** ms that it had waited when the queue was written, of the time that the gateway ran */
  waitedMs: Type.Optional(Type.Number({ minimum: 0 })),
});
export type QueuedUpload = Type.Static<typeof queuedSchema>;
const isQueue = Compile(Type.Array(queuedSchema, { maxItems: 1000 }));
const isProgress = Compile(Type.Object({ received: Type.Integer({ minimum: 0 }), size: Type.Integer() }));

export interface EvidenceUploadOptions {
  /** where the queue is kept */
  readonly file: string;
  /** undefined: there is no receiver to send to */
  readonly target: UploadTarget | undefined;
  /** headers of each request, besides the token */
  readonly head?: Readonly<Record<string, string>>;
  /** the target's; undefined: there is no limit */
  readonly link: EvidenceLink | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** an upload is given up; why, in words */
  readonly failed: (upload: QueuedUpload, reason: string) => void;
}

const mostQueued = 64;
const partBytes = 256 * 1024;
/** Bytes of a part's headers and of its answer, an upper estimate. */
const headBytes = 700;
const requestDeadlineMs = 60_000;
const backoff: Backoff = { baseMs: 500, ceilingMs: 60_000 };
const keptMs = 2 * 86_400_000;
/** The part of a wait that a kill may forget. */
const saveEveryMs = 3_600_000;
const maxAnswerBytes = 65_536;
/** Answers that would be the same at another try. */
const final = new Set([400, 403, 404, 413, 422]);

/** The event of an upload that is given up. */
export function notSentEvent({ id }: Pick<QueuedUpload, 'id'>, reason: string): GatewayData {
  return { change: 'evidence-not-sent', message: `a picture could not be sent: ${reason}`, evidence: id };
}

class Refused extends Error {}

interface Waiting {
  readonly upload: QueuedUpload;
  /** when the centre asked for it, ms of the monotonic clock, as if the gateway had run ever since */
  readonly since: number;
}

/** `waiting`: now; the other counts: since the start. */
export interface UploadFigures {
  readonly waiting: number;
  readonly sent: number;
  /** failed tries of uploads that are tried again */
  readonly failedTries: number;
  /** uploads that are given up */
  readonly givenUp: number;
}

export class EvidenceUpload implements Part {
  readonly #options: EvidenceUploadOptions;
  readonly #sparing: SparingLogger;
  #target: UploadTarget | undefined;
  #queue: Waiting[] = [];
  #savedAt = 0;
  #sent = 0;
  #failedTries = 0;
  #givenUp = 0;
  #agent: HttpAgent | undefined;
  #running: Promise<void> | undefined;
  #stopping = new AbortController();
  #writing: Promise<void> = Promise.resolve();
  readonly #wire = new WireCount();
  #countedBytes = 0;

  constructor(options: EvidenceUploadOptions) {
    this.#options = options;
    this.#target = options.target;
    this.#sparing = new SparingLogger(options.logger, options.clock);
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController();
    try {
      const value: unknown = JSON.parse(await readFile(this.#options.file, 'utf8'));
      if (isQueue.Check(value)) this.#queue = value.map((upload) => this.#waits(upload));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#options.logger.warn(
          { why: messageOf(error) },
          'the queue of evidence to send cannot be read: an empty one is begun',
        );
    }
    this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#agent?.destroy();
    await this.#running;
    await this.#writing;
  }

  /** Why nothing can be queued now; undefined: something can. */
  get obstacle(): Message | undefined {
    if (this.#target === undefined) return message('gateway/answer.no-receiver');
    if (this.#queue.length >= mostQueued) return message('gateway/answer.uploads-full', { count: mostQueued });
    return undefined;
  }

  /** Queues an upload; on disk when it resolves. A repeated call is harmless. */
  async add(upload: QueuedUpload): Promise<void> {
    if (!this.#queue.some((one) => one.upload.sha256 === upload.sha256)) this.#queue.push(this.#waits(upload));
    await this.#save();
    this.#run();
  }

  #waits(upload: QueuedUpload): Waiting {
    return { upload, since: this.#options.clock.uptime() - (upload.waitedMs ?? 0) };
  }

  get waiting(): number {
    return this.#queue.length;
  }

  figures(): UploadFigures {
    return {
      waiting: this.#queue.length,
      sent: this.#sent,
      failedTries: this.#failedTries,
      givenUp: this.#givenUp,
    };
  }

  #run(): void {
    if (this.#running !== undefined || this.#stopping.signal.aborted) return;
    const drained = this.#drain().catch((error: unknown) =>
      this.#options.logger.error({ err: error }, `evidence cannot be sent: ${messageOf(error)}`),
    );
    this.#running = drained.finally(() => {
      this.#running = undefined;
      // another upload was queued while the last one was taken out
      if (this.#queue.length > 0) this.#run();
    });
  }

  /** From now on evidence is sent there, with that token. */
  renew(target: UploadTarget | undefined): void {
    this.#target = target;
  }

  async #drain(): Promise<void> {
    const { clock, random, failed } = this.#options;
    const { signal } = this.#stopping;
    if (this.#target === undefined) this.#queue = [];
    for (let failures = 0; !signal.aborted; ) {
      const [waiting] = this.#queue;
      const target = this.#target;
      if (waiting === undefined || target === undefined) return;
      const { upload, since } = waiting;
      const others = () => this.#queue.filter((one) => one !== waiting);
      try {
        await this.#send(upload, target);
        failures = 0;
        this.#sent++;
        this.#options.logger.info({ evidence: upload.id, bytes: upload.size }, 'evidence is at the centre');
      } catch (error) {
        if (signal.aborted) return;
        const over = clock.uptime() - since > keptMs;
        if (!over && !(error instanceof Refused)) {
          this.#failedTries++;
          this.#sparing.warn('send', { why: messageOf(error) }, 'evidence could not be sent: it is tried again');
          this.#queue = [...others(), waiting];
          if (clock.uptime() - this.#savedAt >= saveEveryMs) await this.#trySave();
          await sleep(clock, backoffMs(backoff, failures++, random), signal);
          continue;
        }
        this.#givenUp++;
        failed(upload, messageOf(error));
      }
      this.#queue = others();
      await this.#trySave();
    }
  }

  async #send({ sha256, size, path }: QueuedUpload, target: UploadTarget): Promise<void> {
    const address = `${target.url.replace(/\/+$/, '')}/ingest/v1/evidence/${sha256}`;
    let at = progressOf(await this.#call('GET', address, target)).received;
    const file = await openFile(path);
    try {
      while (at < size) {
        const given = await this.#granted(Math.min(size - at, partBytes) + headBytes);
        const part = Buffer.alloc(Math.min(size - at, given - headBytes));
        const { bytesRead } = await file.read(part, 0, part.length, at);
        if (bytesRead < part.length) throw new Refused('the file is shorter than it was');
        const range = { 'content-range': `bytes ${at}-${at + part.length - 1}/${size}` };
        at = progressOf(await this.#call('PUT', address, target, range, part, given)).received;
      }
    } finally {
      await file.close();
    }
  }

  /** Waits until some of `bytes` may be sent. Resolves to their number. */
  async #granted(bytes: number): Promise<number> {
    const { link, clock } = this.#options;
    const { signal } = this.#stopping;
    for (;;) {
      const grant = (await link?.grant(bytes)) ?? { bytes, waitMs: 0 };
      signal.throwIfAborted();
      if (grant.bytes > 0) return grant.bytes;
      await sleep(clock, grant.waitMs, signal);
    }
  }

  #account(given: number): void {
    const { bytes } = this.#wire;
    const beyond = bytes - this.#countedBytes - given;
    this.#countedBytes = bytes;
    if (beyond > 0) this.#options.link?.spent(beyond);
  }

  async #call(
    method: 'GET' | 'PUT',
    address: string,
    { tls, token }: UploadTarget,
    head: Readonly<Record<string, string>> = {},
    body?: Buffer,
    given = 0,
  ): Promise<string> {
    const secure = address.startsWith('https:');
    this.#agent ??= outgoingAgent(address, {
      keepAlive: true,
      maxSockets: 1,
      ...(tls === undefined || !secure ? {} : { tls: tlsOptions(tls) }),
    });
    const headers = {
      ...this.#options.head,
      ...head,
      ...(body === undefined ? {} : { 'content-type': 'application/octet-stream', 'content-length': body.length }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const signal = AbortSignal.any([AbortSignal.timeout(requestDeadlineMs), this.#stopping.signal]);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = (secure ? httpsRequest : httpRequest)(
      address,
      { method, headers, agent: this.#agent, signal },
      resolve,
    );
    request.on('socket', (socket) => this.#wire.watch(socket));
    request.on('error', reject);
    endWith(signal, reject);
    request.end(body);
    let answer: IncomingMessage;
    let text = '';
    try {
      answer = await promise;
      for await (const chunk of answer.setEncoding('utf8')) {
        text += chunk;
        if (text.length > maxAnswerBytes) break;
      }
    } catch (error) {
      // the next connection reads the certificate again: it may have been renewed
      this.#agent.destroy();
      this.#agent = undefined;
      throw error;
    } finally {
      this.#account(given);
    }
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return text;
    const words = `the receiver answered ${status}: ${text.slice(0, 200)}`;
    throw final.has(status) ? new Refused(words) : new Error(words);
  }

  async #trySave(): Promise<void> {
    await this.#save().catch((error: unknown) =>
      this.#sparing.warn('save', { why: messageOf(error) }, 'the queue of evidence to send cannot be written'),
    );
  }

  /** Writes the whole queue; on disk when it resolves. */
  #save(): Promise<void> {
    const { file, clock } = this.#options;
    const saved = this.#writing.then(async () => {
      const now = clock.uptime();
      this.#savedAt = now;
      const queue = this.#queue.map(({ upload, since }): QueuedUpload => ({ ...upload, waitedMs: now - since }));
      await replaceFile(file, JSON.stringify(queue));
    });
    this.#writing = saved.catch(() => {
      // the caller of `add` gets the error
    });
    return saved;
  }
}

async function openFile(path: string) {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new Refused(words('gateway/answer.evidence-deleted'), { cause: error });
    throw error;
  }
}

function progressOf(text: string): { readonly received: number } {
  const value: unknown = JSON.parse(text);
  if (!isProgress.Check(value)) throw new Error('this is no receiver of Forpost: check the address');
  return value;
}
