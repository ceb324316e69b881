/**
 * The gateway's RTSP session with a camera (RFC 2326): describe, set up the video track, play, keep alive, tear down.
 *
 *   connected ── DESCRIBE ──► described ── SETUP ──► set up ── play() ──► playing ── camera, close() ──► ended
 *       └── 401 ──► log-in ──► once more       └── redirect, refusal, no answer in time ──► CameraFailure
 *
 * Always:
 * - the log-in is sent only to the configured address
 * - a redirect is refused if the camera has a log-in or TLS, else followed at most `mostRedirects` times
 * - one request is outstanding, and its answer has `answerMs`
 * - only packets of the chosen track are passed on
 */

import type { Socket } from 'node:net';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { type RtspSource, redirected, requestUrl } from '../address.ts';
import { CameraFailure } from '../failure.ts';
import { answerFailure, loginWords, otherTransport, plain, redirection } from './camera-words.ts';
import { connectTo } from './connect.ts';
import { Authenticator, challengesOf } from './login.ts';
import { type RtspMessage, RtspReader } from './rtsp-message.ts';
import { baseOf, resolved } from './rtsp-url.ts';
import { readSdp, type VideoTrack } from './sdp.ts';
import { openUdp, type UdpPair } from './udp.ts';

const answerMs = 5_000;
const mostRedirects = 3;
/** how long TEARDOWN has to reach the camera before the socket is destroyed */
const farewellMs = 200;
const defaultSessionS = 60;
const mostKeepAliveMs = 25_000;
const leastKeepAliveMs = 4_000;
/** how often a receiver report is sent: some cameras stop without one */
const reportEveryMs = 5_000;
const userAgent = 'Forpost';
const goodbye = 203;

export interface RtspEvents {
  /** RTP of the chosen track */
  packet(packet: Buffer): void;
  /** once, not after `close` */
  ended(why: CameraFailure): void;
}

interface Pending {
  readonly cseq: number;
  resolve(message: RtspMessage): void;
  reject(error: CameraFailure): void;
}

/** Connects, describes and sets up a session; follows redirects of cameras without a log-in. @throws CameraFailure */
export async function openRtsp(source: RtspSource, clock: Clock, events: RtspEvents): Promise<RtspSession> {
  let at = source;
  for (let redirects = 0; ; redirects++) {
    const session = new RtspSession(at, clock, events);
    const to = await session.open().catch((error: unknown) => {
      session.close();
      throw error;
    });
    if (to === undefined) return session;
    session.close();
    if (source.login !== undefined || source.tls || redirects >= mostRedirects) throw redirection(source.host, to);
    const next = redirected(at, to);
    if (next === undefined) throw redirection(source.host, to);
    at = next;
  }
}

export class RtspSession {
  readonly #source: RtspSource;
  readonly #clock: Clock;
  readonly #events: RtspEvents;
  readonly #login: Authenticator;
  readonly #reader: RtspReader;
  #socket: Socket | undefined;
  #udp: UdpPair | undefined;
  #cameraPort = 0;
  #pending: Pending | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #cseq = 0;
  #session = '';
  #keepAliveMs = (defaultSessionS * 1_000) / 2;
  #methods = '';
  /** URL of the whole session; URL of the track */
  #aggregate = '';
  #trackUrl = '';
  #channel = 0;
  #track: VideoTrack | undefined;
  /** codec of the sound track; undefined: the camera describes none */
  sound: string | undefined;
  #timers: Timer[] = [];
  #answered = false;
  #closed = false;
  #ended = false;

  constructor(source: RtspSource, clock: Clock, events: RtspEvents) {
    this.#source = source;
    this.#clock = clock;
    this.#events = events;
    this.#login = new Authenticator(source.login);
    this.#reader = new RtspReader({
      message: (message) => this.#message(message),
      packet: (channel, packet) => {
        if (channel === this.#channel) events.packet(packet);
        else if (channel === this.#channel + 1) this.#control(packet);
      },
    });
  }

  get track(): VideoTrack {
    if (this.#track === undefined) throw new Error('the session is not open');
    return this.#track;
  }

  /** Resolves to the URL of a redirect; undefined: the session is set up. @throws CameraFailure */
  async open(): Promise<string | undefined> {
    const socket = await connectTo(this.#source);
    this.#socket = socket;
    if (this.#closed) socket.destroy();
    socket.on('data', (chunk) => this.#read(chunk));
    socket.once('close', () => this.#end(this.#cutOff()));
    const url = requestUrl(this.#source);
    const options = await this.#request('OPTIONS', url);
    this.#methods = (options.headers.get('public') ?? []).join(',').toUpperCase();
    const described = await this.#authorised('DESCRIBE', url, { Accept: 'application/sdp' });
    if (isRedirect(described)) return described.headers.get('location')?.[0] ?? '';
    this.#expectGood(described, 'DESCRIBE');
    const { video, sound, problem, control } = readSdp(described.body);
    if (video === undefined) throw new CameraFailure('refused', problem);
    this.#track = video;
    this.sound = sound;
    const base = baseOf(described, url);
    this.#aggregate = control === undefined ? base : resolved(base, control);
    this.#trackUrl = video.control === undefined ? this.#aggregate : resolved(base, video.control);
    const answer = await this.#setUp(socket);
    return isRedirect(answer) ? (answer.headers.get('location')?.[0] ?? '') : undefined;
  }

  /** Asks the camera to send packets. @throws CameraFailure */
  async play(): Promise<void> {
    const headers = { Session: this.#session, Range: 'npt=0.000-' };
    let answer = await this.#authorised('PLAY', this.#aggregate, headers);
    // 455, 459, 460: the camera plays tracks only by their own URLs, or only all together
    if (
      answer.status !== 200 &&
      this.#trackUrl !== this.#aggregate &&
      [455, 459, 460, 404].includes(answer.status ?? 0)
    )
      answer = await this.#authorised('PLAY', this.#trackUrl, headers);
    if (isRedirect(answer)) throw redirection(this.#source.host, answer.headers.get('location')?.[0] ?? '');
    this.#expectGood(answer, 'PLAY');
    this.#every(this.#keepAliveMs, () => {
      const method = this.#methods.includes('GET_PARAMETER') ? 'GET_PARAMETER' : 'OPTIONS';
      // a keep-alive without an answer proves nothing; packets show whether the stream lives
      this.#authorised(method, this.#aggregate, { Session: this.#session }).catch(() => undefined);
    });
    const report = () => this.#sendControl(receiverReport);
    this.#udp?.punch(this.#cameraPort);
    report();
    this.#every(reportEveryMs, report);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader.stop();
    for (const timer of this.#timers) timer.cancel();
    this.#udp?.close();
    const socket = this.#socket;
    if (socket === undefined) return;
    // frees the session at once on a camera that has few; the answer is not awaited
    if (this.#session !== '' && socket.writable)
      socket.end(this.#text('TEARDOWN', this.#aggregate, { Session: this.#session }));
    this.#clock.after(farewellMs, () => socket.destroy());
    this.#pending?.reject(new CameraFailure('connecting', words('gateway/reason.session-ended')));
  }

  async #setUp(socket: Socket): Promise<RtspMessage> {
    const camera = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const byUdp = this.#source.transport === 'udp';
    if (byUdp)
      this.#udp = await openUdp(camera, this.#clock, {
        packet: (packet) => this.#events.packet(packet),
        control: (packet) => this.#control(packet),
      });
    const { port } = this.#udp ?? { port: 0 };
    const wanted = byUdp ? `RTP/AVP;unicast;client_port=${port}-${port + 1}` : 'RTP/AVP/TCP;unicast;interleaved=0-1';
    const answer = await this.#authorised('SETUP', this.#trackUrl, { Transport: wanted });
    if (isRedirect(answer)) return answer;
    if (answer.status === 461) throw new CameraFailure('refused', otherTransport(byUdp));
    this.#expectGood(answer, 'SETUP');
    const [session = '', ...more] = (answer.headers.get('session')?.[0] ?? '').split(';');
    this.#session = session.trim();
    const seconds = Number(/timeout\s*=\s*"?(\d+)/i.exec(more.join(';'))?.[1] ?? defaultSessionS);
    this.#keepAliveMs = Math.min(mostKeepAliveMs, Math.max(leastKeepAliveMs, (seconds * 1_000) / 2));
    const transport = answer.headers.get('transport')?.[0] ?? '';
    if (byUdp && /interleaved/i.test(transport)) throw new CameraFailure('refused', otherTransport(true));
    this.#channel = Number(/interleaved\s*=\s*(\d+)/i.exec(transport)?.[1] ?? 0);
    this.#cameraPort = Number(/server_port\s*=\s*(\d+)/i.exec(transport)?.[1] ?? 0);
    return answer;
  }

  /** Sends a request with the log-in that the camera asks for. */
  async #authorised(method: string, url: string, headers: Readonly<Record<string, string>>): Promise<RtspMessage> {
    for (;;) {
      const answer = await this.#request(method, url, headers);
      if (answer.status !== 401) {
        this.#login.accepted();
        return answer;
      }
      const problem = this.#login.refused(challengesOf(answer.headers.get('www-authenticate') ?? []));
      if (problem !== undefined) throw new CameraFailure('refused', loginWords(problem));
    }
  }

  /** Sends requests one after the other. @throws CameraFailure if the answer does not come in time */
  #request(method: string, url: string, headers: Readonly<Record<string, string>> = {}): Promise<RtspMessage> {
    const answered = this.#queue.then(() => this.#send(method, url, headers));
    this.#queue = answered.catch(() => undefined);
    return answered;
  }

  #send(method: string, url: string, headers: Readonly<Record<string, string>>): Promise<RtspMessage> {
    return new Promise((resolve, reject) => {
      const { host, port } = this.#source;
      const socket = this.#socket;
      if (this.#closed || socket === undefined || socket.destroyed) return reject(this.#cutOff());
      const text = this.#text(method, url, headers);
      const settle = () => {
        late.cancel();
        this.#pending = undefined;
      };
      const late = this.#clock.after(answerMs, () => {
        settle();
        reject(new CameraFailure('unreachable', words('gateway/reason.no-rtsp', { where: `${host}:${port}`, method })));
      });
      this.#pending = {
        cseq: this.#cseq,
        resolve: (message) => {
          settle();
          resolve(message);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      socket.write(text);
    });
  }

  #text(method: string, url: string, headers: Readonly<Record<string, string>>): string {
    const authorization = this.#login.header(method, url);
    const lines = [
      `${method} ${url} RTSP/1.0`,
      `CSeq: ${++this.#cseq}`,
      `User-Agent: ${userAgent}`,
      ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
      ...Object.entries(headers)
        .filter(([, value]) => value !== '')
        .map(([name, value]) => `${name}: ${value}`),
    ];
    return `${lines.join('\r\n')}\r\n\r\n`;
  }

  #read(chunk: Buffer): void {
    this.#answered = true;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      const { host, port } = this.#source;
      this.#end(
        new CameraFailure(
          'unreachable',
          words('gateway/reason.not-video-because', { where: `${host}:${port}`, error: messageOf(error) }),
        ),
      );
    }
  }

  #message(message: RtspMessage): void {
    if (message.status === undefined) {
      this.#asked(message);
      return;
    }
    const cseq = Number(message.headers.get('cseq')?.[0] ?? Number.NaN);
    // some cameras omit CSeq or use their own numbers
    if (this.#pending !== undefined && !(cseq < this.#pending.cseq)) this.#pending.resolve(message);
  }

  /** Answers a request from the camera. */
  #asked({ start, headers }: RtspMessage): void {
    const method = start.slice(0, start.indexOf(' '));
    if (method === 'REDIRECT') this.#end(redirection(this.#source.host, headers.get('location')?.[0] ?? ''));
    if (method === 'TEARDOWN') this.#end(new CameraFailure('connecting', words('gateway/reason.stream-ended')));
    const status = ['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER', 'ANNOUNCE'].includes(method)
      ? '200 OK'
      : '501 Not Implemented';
    this.#socket?.write(`RTSP/1.0 ${status}\r\nCSeq: ${headers.get('cseq')?.[0] ?? '0'}\r\n\r\n`);
  }

  #control(packet: Buffer): void {
    // a compound packet: each part has its length in 32-bit words
    for (let at = 0; at + 4 <= packet.length; at += 4 + packet.readUInt16BE(at + 2) * 4)
      if (packet[at + 1] === goodbye) this.#end(new CameraFailure('connecting', words('gateway/reason.stream-ended')));
  }

  #sendControl(packet: Buffer): void {
    if (this.#closed) return;
    if (this.#udp !== undefined) {
      if (this.#cameraPort > 0) this.#udp.sendControl(packet, this.#cameraPort + 1);
      return;
    }
    const head = Buffer.from([0x24, this.#channel + 1, 0, packet.length]);
    this.#socket?.write(Buffer.concat([head, packet]));
  }

  #every(ms: number, work: () => void): void {
    const again = () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
      work();
      if (!this.#closed) this.#every(ms, work);
    };
    const timer = this.#clock.after(ms, again);
    this.#timers.push(timer);
  }

  #expectGood({ status = 0, start }: RtspMessage, method: string): void {
    if (status >= 200 && status < 300) return;
    throw answerFailure(status, words('gateway/reason.refuses-method', { method, answer: plain(start) }));
  }

  #cutOff(): CameraFailure {
    const { host, port } = this.#source;
    if (this.#session !== '') return new CameraFailure('connecting', words('gateway/reason.stream-ended'));
    return new CameraFailure(
      'unreachable',
      this.#answered
        ? words('gateway/reason.not-video', { where: `${host}:${port}` })
        : words('gateway/reason.ended-unanswered', { where: `${host}:${port}` }),
    );
  }

  #end(why: CameraFailure): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    const pending = this.#pending;
    pending?.reject(why);
    this.#events.ended(why);
    this.close();
  }
}

function isRedirect({ status = 0 }: RtspMessage): boolean {
  return status >= 300 && status < 400;
}

/** An empty receiver report with a CNAME, as RFC 3550 requires (sections 6.4.2 and 6.5). */
const receiverReport = Buffer.from([
  ...[0x80, 201, 0, 1, 0x46, 0x50, 0x53, 0x54],
  ...[0x81, 202, 0, 3, 0x46, 0x50, 0x53, 0x54, 1, 2, 0x66, 0x70, 0, 0, 0, 0],
]);
