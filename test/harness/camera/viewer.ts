/** One connection to the simulated camera: its requests, and the packets sent to it. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import type { CameraLogin } from './camera-login.ts';
import type { CameraQuirks } from './camera-quirks.ts';
import type { Film } from './footage.ts';
import { aggregate, payloadsOf } from './rtp.ts';

/** The parts of the camera that a connection uses. */
export interface ViewedCamera {
  readonly quirks: CameraQuirks;
  readonly film: Film;
  readonly login: CameraLogin | undefined;
  readonly url: string;
  /** pictures sent to all viewers */
  sent: number;
  requestLog: string;
  /** ms of the machine's monotonic clock at which the newest viewer's first key frame was sent */
  keyFrameAt: number;
  /** the description in SDP */
  describe(): string;
  contentBase(): string | undefined;
}

const clockRate = 90_000;

type Reply = (status: string, headers?: readonly string[]) => boolean;

export class Viewer {
  readonly socket: Socket;
  readonly #camera: ViewedCamera;
  readonly #timers = new Set<NodeJS.Timeout>();
  #bytes: Buffer = Buffer.alloc(0);
  #udp: { readonly rtp: UdpSocket; readonly port: number } | undefined;
  #channel = 0;
  #soundChannel: number | undefined;
  #sequence = 65_500;
  #soundSequence = 0;
  #held: Buffer[] = [];
  #lastRequest = 0;
  #playing = false;

  constructor(camera: ViewedCamera, socket: Socket) {
    this.#camera = camera;
    this.socket = socket;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => this.#read(chunk));
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#udp?.rtp.close();
    this.#udp = undefined;
    this.#playing = false;
  }

  #read(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      // viewers' reports between their requests
      const isPacket = this.#bytes[0] === 0x24;
      const end = isPacket ? packetEnd(this.#bytes) : this.#bytes.indexOf('\r\n\r\n') + 4;
      if (end < 4 || end > this.#bytes.length) return;
      const request = this.#bytes.toString('utf8', 0, end);
      this.#bytes = this.#bytes.subarray(end);
      if (isPacket) continue;
      this.#camera.requestLog += request;
      this.#lastRequest = Date.now();
      if (!request.startsWith('RTSP/')) this.#answer(request.trimEnd());
    }
  }

  #answer(request: string): boolean {
    const { quirks, login } = this.#camera;
    const method = request.slice(0, request.indexOf(' '));
    const cseq = /^CSeq: *(\d+)/im.exec(request)?.[1] ?? '0';
    const header = (name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(request)?.[1]?.trim();
    const reply = (status: string, headers: readonly string[] = [], body = '') => {
      const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
      const lines = [`RTSP/1.0 ${status}`, ...(quirks.noCseq === true ? [] : [`CSeq: ${cseq}`]), ...headers, ...length];
      const gap = quirks.lineFeeds === true ? '\n' : '\r\n';
      return this.socket.write(lines.join(gap) + gap + gap + body);
    };
    const status = quirks.status?.[method];
    if (status !== undefined) return reply(status);
    if (method === 'OPTIONS')
      return reply('200 OK', ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER']);
    const refusal = login?.check(method, header('Authorization'));
    if (refusal !== undefined)
      return reply(
        '401 Unauthorized',
        refusal.map((one) => `WWW-Authenticate: ${one}`),
      );
    if (quirks.redirect?.at === method) return reply('302 Moved Temporarily', [`Location: ${quirks.redirect.to}`]);
    if (method === 'DESCRIBE') {
      const base = this.#camera.contentBase();
      const headers = ['Content-Type: application/sdp', ...(base === undefined ? [] : [`Content-Base: ${base}`])];
      return reply('200 OK', headers, this.#camera.describe());
    }
    if (method === 'SETUP') return this.#setUp(request, header('Transport') ?? '', reply);
    if (method === 'PLAY') {
      reply('200 OK', ['Session: 4711', 'RTP-Info: url=trackID=1;seq=1;rtptime=1']);
      this.#play();
      return true;
    }
    if (method === 'TEARDOWN') {
      reply('200 OK');
      this.socket.end();
      return true;
    }
    return reply('200 OK', ['Session: 4711']);
  }

  #setUp(request: string, transport: string, reply: Reply): boolean {
    const { refuses, channels, sessionS } = this.#camera.quirks;
    const session = `Session: 4711${sessionS === undefined ? '' : `;timeout=${sessionS}`}`;
    const asked = /client_port=(\d+)/.exec(transport)?.[1];
    if (refuses === (asked === undefined ? 'tcp' : 'udp')) return reply('461 Unsupported Transport');
    const isSound = request.split('\r\n')[0]?.includes('trackID=2') === true;
    if (asked === undefined) {
      const wanted = channels ?? /interleaved=(\d+-\d+)/.exec(transport)?.[1] ?? '0-1';
      if (isSound) this.#soundChannel = Number.parseInt(wanted, 10);
      else this.#channel = Number.parseInt(wanted, 10);
      return reply('200 OK', [session, `Transport: RTP/AVP/TCP;unicast;interleaved=${wanted}`]);
    }
    const rtp = createSocket('udp4');
    rtp.on('error', () => undefined);
    this.#udp = { rtp, port: Number(asked) };
    rtp.bind(0, '127.0.0.1', () => {
      const { port } = rtp.address();
      reply('200 OK', [
        session,
        // a camera behind an address translation names itself like this
        `Transport: RTP/AVP;unicast;source=10.99.0.1;client_port=${asked}-${Number(asked) + 1};server_port=${port}-${port + 1}`,
      ]);
    });
    return true;
  }

  #play(): void {
    if (this.#playing) return;
    this.#playing = true;
    const { rate = 10, burst = 0, sound, soundFirst, soundUnasked, asksBack, sessionS } = this.#camera.quirks;
    this.#camera.keyFrameAt = 0;
    if (sound !== undefined && (soundUnasked === true || this.#soundChannel !== undefined)) this.#sounds();
    if (asksBack === true) this.socket.write('OPTIONS rtsp://you RTSP/1.0\r\nCSeq: 900\r\n\r\n');
    const begin = performance.now();
    const each = (n: number) => {
      this.#picture(n);
      if (!this.#playing) return;
      const due = begin + (Math.max(0, n + 1 - burst) * 1_000) / rate;
      this.#later(due - performance.now(), () => each(n + 1));
    };
    this.#later(soundFirst === true ? 300 : 0, () => each(0));
    if (sessionS !== undefined) this.#expire(sessionS * 1_000);
  }

  #expire(ms: number): void {
    this.#later(500, () => {
      if (Date.now() - this.#lastRequest > ms) this.socket.destroy();
      else this.#expire(ms);
    });
  }

  #picture(n: number): void {
    const { quirks } = this.#camera;
    const { rate = 10, from = 0, next, timestamp = (right) => right, sparseParameters, aggregated } = quirks;
    if (n === quirks.endsAfter) {
      this.socket.destroy();
      return;
    }
    if (n === quirks.stopsAfter) {
      this.#playing = false;
      return;
    }
    if (n === quirks.goodbyeAfter) {
      this.#interleave(this.#channel + 1, Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 1]));
      this.#playing = false;
      return;
    }
    const sent = this.#camera.sent++;
    const shows = next !== undefined && sent >= next.after ? next.film : this.#camera.film;
    const at = shows === next?.film ? sent - next.after : n + from;
    const picture = shows.pictures[at % shows.pictures.length];
    if (picture === undefined) return;
    const shownAt = n - (at % shows.pictures.length) + picture.shown;
    const right = Math.round((shownAt * clockRate) / rate) + 1_000;
    const time = timestamp(right, n) >>> 0;
    const parameters = picture.key && sparseParameters !== true ? shows.parameters : [];
    const before = aggregated === true && parameters.length > 0 ? [aggregate(shows.codec, parameters)] : parameters;
    const payloads = [...before, ...payloadsOf(shows.codec, picture)];
    if (picture.key && this.#camera.keyFrameAt === 0)
      this.#camera.keyFrameAt = performance.timeOrigin + performance.now();
    for (const [i, payload] of payloads.entries()) {
      const marker = i === payloads.length - 1 || quirks.markerOnEachPacket === true;
      this.#send(payload, marker, time);
    }
  }

  #send(payload: Buffer, marker: boolean, time: number): void {
    const { film: shown, quirks } = this.#camera;
    const announced = shown.codec === 'JPEG' ? 26 : 96;
    const type = quirks.wrongPayloadType === true ? 105 : announced;
    const head = Buffer.alloc(12);
    head[0] = 0x80;
    head[1] = (marker ? 0x80 : 0) | type;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    head.writeUInt16BE(this.#sequence, 2);
    head.writeUInt32BE(time, 4);
    head.writeUInt32BE(0x1234, 8);
    const packet = Buffer.concat([head, payload]);
    if (this.#udp === undefined) this.#interleave(this.#channel, packet);
    else this.#datagram(packet, marker);
    if (quirks.stray === true && marker) this.socket.write('\r\n\0\0stray');
  }

  #datagram(packet: Buffer, flush: boolean): void {
    this.#held.push(packet);
    if (this.#camera.quirks.shuffled !== true) this.#flush();
    else if (flush || this.#held.length === 8) {
      this.#held = [...this.#held.reverse(), packet];
      this.#flush();
    }
  }

  #flush(): void {
    for (const one of this.#held.splice(0)) this.#udp?.rtp.send(one, this.#udp.port, '127.0.0.1');
  }

  #sounds(): void {
    const channel = this.#soundChannel ?? 2;
    const pcma = this.#camera.quirks.sound === 'PCMA';
    const each = () => {
      const head = Buffer.alloc(12);
      head[0] = 0x80;
      head[1] = 0x80 | (pcma ? 8 : 98);
      head.writeUInt16BE(++this.#soundSequence & 0xffff, 2);
      head.writeUInt32BE(this.#soundSequence * (pcma ? 160 : 1_024), 4);
      this.#interleave(channel, Buffer.concat([head, Buffer.alloc(160, 0xd5)]));
      this.#later(20, each);
    };
    each();
  }

  #interleave(channel: number, packet: Buffer): void {
    if (!this.socket.writable) return;
    const head = Buffer.from([0x24, channel, packet.length >> 8, packet.length & 0xff]);
    this.socket.write(Buffer.concat([head, packet]));
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        work();
      },
      Math.max(0, ms),
    );
    this.#timers.add(timer);
  }
}

function packetEnd(bytes: Buffer): number {
  return bytes.length < 4 ? 0 : 4 + bytes.readUInt16BE(2);
}
