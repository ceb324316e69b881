/**
 * Reads a camera over HTTP for the ffmpegs of this process. The camera pushes JPEGs, or answers each request with a
 * single JPEG, or sends a container (MPEG-TS, …) without end.
 *
 *   asked ── 401 ──► log-in ──► once more
 *     ├── single JPEG ──► pictures, asked again at the wanted rate ──┐
 *     ├── JPEGs without end ──► pictures ────────────────────────────┼── ended, silent, closed ──► over
 *     └── anything else ──► bytes, for ffmpeg to recognise ──────────┘
 *
 * Always: one request is outstanding; the log-in goes only to the configured host and port; a slow reader loses
 * pictures (or its stream, for a container) and delays no other reader.
 */

import { Agent, type IncomingMessage, request } from 'node:http';
import type { Writable } from 'node:stream';
import type { Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { type HttpSource, hostOf, requestUrl } from '../address.ts';
import { CameraFailure } from '../failure.ts';
import { answerFailure, loginWords, redirection } from './camera-words.ts';
import { connectTo } from './connect.ts';
import { JpegReader } from './jpegs.ts';
import { Authenticator, challengesOf } from './login.ts';
import type { CameraStream, Purpose, StreamInput, StreamOptions } from './stream.ts';

const answerMs = 5_000;
const mostRedirects = 3;
/** the least wait before the next picture is requested, also from a slow camera */
const leastWaitMs = 10;
/** the most that waits for a slow reader: some pictures, or some seconds of a container */
const mostWaitingBytes = 4_194_304;
/** after this many bytes without a picture the answer is a page or an error */
const mostSkippedBytes = 262_144;
const containers = /^(video\/(?!x-motion-jpeg|x-mjpeg|mjpeg|jpeg)|application\/(octet-stream|x-mpegurl|vnd\.apple))/i;

export async function openHttpStream(source: HttpSource, options: StreamOptions): Promise<CameraStream> {
  const stream = new HttpStream(source, options);
  await stream.open();
  return stream;
}

interface Reader {
  readonly stdin: Writable;
}

class HttpStream implements CameraStream {
  readonly #source: HttpSource;
  readonly #options: StreamOptions;
  readonly #login: Authenticator;
  readonly #agent: Agent;
  readonly #readers = new Set<Reader>();
  #path: string;
  #answer: IncomingMessage | undefined;
  #kind: 'pictures' | 'container' = 'pictures';
  /** the newest picture, kept until the first reader joins */
  #newest: Buffer | undefined;
  #early: Buffer[] = [];
  #timer: Timer | undefined;
  #askedAt = 0;
  #closed = false;
  failure: CameraFailure | undefined;

  constructor(source: HttpSource, options: StreamOptions) {
    this.#source = source;
    this.#options = options;
    this.#login = new Authenticator(source.login);
    this.#path = new URL(requestUrl(source)).pathname + new URL(requestUrl(source)).search;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
    this.#agent.createConnection = (_, done) => {
      connectTo(source).then(
        (socket) => done?.(null, socket),
        (error: unknown) => done?.(error instanceof Error ? error : new Error(String(error)), undefined as never),
      );
      return undefined as never;
    };
  }

  /** @throws CameraFailure */
  async open(): Promise<void> {
    try {
      const answer = await this.#ask();
      this.#kind = containers.test(answer.headers['content-type'] ?? '') ? 'container' : 'pictures';
      if (this.#kind === 'pictures') this.#options.events.described?.({ codec: 'JPEG', sound: undefined });
      this.#readFrom(answer);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  input(_: Purpose): StreamInput {
    const format = this.#kind === 'pictures' ? ['-f', 'mpjpeg'] : ['-analyzeduration', '0'];
    return {
      // JPEGs have no timestamps; without this option ffmpeg assumes 25 frames a second
      args: [...format, '-use_wallclock_as_timestamps', '1', '-i', 'pipe:0'],
      feed: (stdin) => this.#join({ stdin }),
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#answer?.destroy();
    this.#agent.destroy();
    for (const { stdin } of this.#readers) stdin.end();
  }

  #fail(why: CameraFailure): void {
    if (this.#closed) return;
    this.failure = why;
    this.close();
  }

  #join(reader: Reader): void {
    const { stdin } = reader;
    if (this.#closed) return void stdin.end();
    stdin.once('close', () => this.#readers.delete(reader));
    this.#readers.add(reader);
    if (this.#newest !== undefined) this.#send(reader, multipart(this.#newest));
    for (const chunk of this.#early) this.#send(reader, chunk);
    // the first readers get the early bytes; later readers begin at the stream's current position
    if (this.#early.length > 0)
      this.#options.clock.after(0, () => {
        this.#early = [];
      });
    this.#answer?.resume();
  }

  /** Requests the stream, with log-in and redirects as the camera asks. @throws CameraFailure */
  async #ask(): Promise<IncomingMessage> {
    this.#askedAt = this.#options.clock.uptime();
    for (let redirects = 0; ; ) {
      const answer = await this.#request();
      const { statusCode: status = 0, headers } = answer;
      if (status >= 200 && status < 300) {
        this.#login.accepted();
        return answer;
      }
      answer.resume();
      if (status === 401) {
        const offered = answer.headersDistinct['www-authenticate'] ?? [];
        const problem = this.#login.refused(challengesOf(offered));
        if (problem !== undefined) throw new CameraFailure('refused', loginWords(problem));
      } else if (status >= 300 && status < 400) {
        const to = this.#sameHost(headers.location ?? '');
        if (to === undefined || ++redirects > mostRedirects)
          throw redirection(this.#source.host, headers.location ?? '');
        this.#path = to;
      } else throw answerFailure(status, words('gateway/reason.other-status', { status: String(status) }));
    }
  }

  /** The path of a redirect within this origin; undefined for another origin. */
  #sameHost(location: string): string | undefined {
    const from = new URL(this.#path, requestUrl(this.#source));
    const to = URL.parse(location, from.href);
    return to !== null && to.origin === from.origin ? to.pathname + to.search : undefined;
  }

  #request(): Promise<IncomingMessage> {
    const { host, port } = this.#source;
    return new Promise((resolve, reject) => {
      const authorization = this.#login.header('GET', this.#path);
      const asked = request({
        agent: this.#agent,
        path: this.#path,
        // some firmware writes headers that the standard forbids
        insecureHTTPParser: true,
        headers: {
          host: hostOf(this.#source),
          'user-agent': 'Forpost',
          ...(authorization === undefined ? {} : { authorization }),
        },
      });
      const late = this.#options.clock.after(answerMs, () => {
        asked.destroy(new CameraFailure('unreachable', words('gateway/reason.no-http', { where: `${host}:${port}` })));
      });
      asked.once('response', (answer) => {
        late.cancel();
        // `close` reports the end of the answer
        answer.on('error', () => undefined);
        resolve(answer);
      });
      asked.on('error', (error) => {
        late.cancel();
        const where = `${host}:${port}`;
        if (error instanceof CameraFailure) reject(error);
        else
          reject(
            new CameraFailure('unreachable', words('gateway/reason.http-failed', { where, error: messageOf(error) })),
          );
      });
      asked.end();
    });
  }

  #readFrom(answer: IncomingMessage): void {
    this.#answer = answer;
    let pictures = 0;
    const jpegs = new JpegReader((jpeg) => {
      pictures++;
      this.#picture(jpeg);
    });
    answer.on('data', (chunk: Buffer) => {
      if (this.#kind === 'container') return this.#bytes(chunk, answer);
      jpegs.push(chunk);
      if (jpegs.skipped > mostSkippedBytes) this.#fail(this.#noPictures(answer));
    });
    answer.once('close', () => {
      if (this.#closed || this.#answer !== answer) return;
      const single = pictures === 1 && !/^multipart\//i.test(answer.headers['content-type'] ?? '');
      if (single && this.#kind === 'pictures') return this.#askAgain();
      this.#fail(
        pictures === 0 && this.#kind === 'pictures'
          ? this.#noPictures(answer)
          : new CameraFailure('connecting', words('gateway/reason.stream-ended')),
      );
    });
    // a container is read only once there is a reader
    if (this.#kind === 'container') answer.pause();
  }

  #noPictures(answer: IncomingMessage): CameraFailure {
    const type = (answer.headers['content-type'] ?? 'nothing named').slice(0, 60);
    const { host, port } = this.#source;
    return new CameraFailure(
      'refused',
      /^text\/html/i.test(type)
        ? words('gateway/reason.page-not-pictures', { where: `${host}:${port}` })
        : words('gateway/reason.no-pictures-at', { where: `${host}:${port}`, type }),
    );
  }

  #askAgain(): void {
    const { clock, framesPerSecond } = this.#options;
    const wait = Math.max(leastWaitMs, this.#askedAt + 1_000 / framesPerSecond - clock.uptime());
    this.#timer = clock.after(wait, () => {
      this.#ask().then(
        (answer) => (this.#closed ? void answer.destroy() : this.#readFrom(answer)),
        (error: unknown) =>
          this.#fail(error instanceof CameraFailure ? error : new CameraFailure('unreachable', messageOf(error))),
      );
    });
  }

  #picture(jpeg: Buffer): void {
    this.#options.events.came?.(jpeg.length, true);
    if (this.#readers.size === 0) this.#newest = jpeg;
    else this.#newest = undefined;
    const part = multipart(jpeg);
    for (const reader of this.#readers) this.#send(reader, part);
  }

  #bytes(chunk: Buffer, answer: IncomingMessage): void {
    this.#options.events.came?.(chunk.length, false);
    if (this.#readers.size === 0) {
      this.#early.push(chunk);
      answer.pause();
      return;
    }
    for (const reader of this.#readers) this.#send(reader, chunk);
  }

  #send({ stdin }: Reader, bytes: Buffer): void {
    if (!stdin.writable) return;
    if (stdin.writableLength <= mostWaitingBytes) stdin.write(bytes);
    // pictures can be dropped; a container with a gap is unreadable, so its reader must begin anew
    else if (this.#kind === 'container') stdin.destroy();
  }
}

function multipart(jpeg: Buffer): Buffer {
  const head = `--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), jpeg, Buffer.from('\r\n')]);
}
