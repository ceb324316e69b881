/**
 * A simulated RTSP camera, with reported quirks of real ones as switches. It writes its own messages and packets, without a
 * library, so that it can break the standards as real cameras do.
 *
 * Always: it listens on loopback, at a port of its own; `stop` ends everything that it started.
 */
import { type AddressInfo, createServer, type Server } from 'node:net';
import { CameraLogin } from './camera-login.ts';
import type { CameraQuirks } from './camera-quirks.ts';
import { type Film, film } from './footage.ts';
import { type ViewedCamera, Viewer } from './viewer.ts';

export interface SimulatedRtspCamera {
  readonly url: string;
  readonly port: number;
  /** all requests that it has received, without packets */
  readonly requestLog: string;
  /** number of track set-ups */
  readonly setUps: number;
  /** ms of the machine's monotonic clock at which the newest viewer's first key frame was sent */
  readonly keyFrameAt: number;
  readonly wrongLogins: number;
  /** ends all connections */
  kick(): void;
  stop(): Promise<void>;
}

const path = '/live/main';

export async function startRtspCamera(quirks: CameraQuirks = {}): Promise<SimulatedRtspCamera> {
  const camera = new RtspCamera(quirks, quirks.film ?? (await film()));
  await camera.start();
  return camera;
}

class RtspCamera implements SimulatedRtspCamera, ViewedCamera {
  readonly quirks: CameraQuirks;
  readonly film: Film;
  readonly login: CameraLogin | undefined;
  readonly #server: Server;
  readonly #viewers = new Set<Viewer>();
  port = 0;
  /** pictures sent to all viewers */
  sent = 0;
  requestLog = '';
  keyFrameAt = 0;

  constructor(quirks: CameraQuirks, shown: Film) {
    this.quirks = quirks;
    this.film = shown;
    this.login = quirks.login === undefined ? undefined : new CameraLogin(quirks.login);
    this.#server = createServer({ noDelay: true }, (socket) => {
      const viewer = new Viewer(this, socket);
      this.#viewers.add(viewer);
      socket.once('close', () => {
        viewer.stop();
        this.#viewers.delete(viewer);
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `rtsp://127.0.0.1:${this.port}${path}`;
  }

  get setUps(): number {
    return this.requestLog.split(/^SETUP /m).length - 1;
  }

  get wrongLogins(): number {
    return this.login?.wrong ?? 0;
  }

  kick(): void {
    for (const viewer of this.#viewers) viewer.socket.destroy();
  }

  async stop(): Promise<void> {
    this.kick();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  describe(): string {
    const { sound, soundFirst, secondVideo, metadata, sdp = (text) => text, lineFeeds } = this.quirks;
    const video = this.#videoLines();
    const audio = sound === undefined ? [] : soundLines[sound];
    const second = ['m=video 0 RTP/AVP 97', 'a=rtpmap:97 X-MAKERS-OWN/90000', 'a=control:trackID=8'];
    const lines = [
      ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=Session', 'c=IN', 't=0 0'],
      ...(this.quirks.control === 'star' ? ['a=control:*'] : []),
      ...(soundFirst === true ? audio : []),
      ...(secondVideo === 'before' ? second : []),
      ...video,
      ...(secondVideo === 'after' ? second : []),
      ...(soundFirst === true ? [] : audio),
      ...(metadata === true
        ? ['m=application 0 RTP/AVP 107', 'a=rtpmap:107 vnd.onvif.metadata/90000', 'a=control:trackID=9']
        : []),
      '',
    ];
    return sdp(lines.join(lineFeeds === true ? '\n' : '\r\n'));
  }

  #videoLines(): string[] {
    const { codecName, noRtpmap, noSprop, control = 'relative' } = this.quirks;
    const { codec, parameters } = this.film;
    const type = codec === 'JPEG' ? 26 : 96;
    const base = (unit: Buffer | undefined) => unit?.toString('base64') ?? '';
    const fmtps = {
      H264: `packetization-mode=1;sprop-parameter-sets=${parameters.map(base).join(',')}`,
      H265: `sprop-vps=${base(parameters[0])};sprop-sps=${base(parameters[1])};sprop-pps=${base(parameters[2])}`,
      JPEG: '',
    };
    const controls = {
      relative: 'trackID=1',
      slash: '/trackID=1',
      absolute: `${this.url}/trackID=1`,
      'other host': `rtsp://10.99.0.1:554${path}/trackID=1`,
      'with log-in': `rtsp://admin:secret@127.0.0.1:${this.port}${path}/trackID=1`,
      none: '',
      star: 'trackID=1',
    };
    return [
      `m=video 0 RTP/AVP ${type}`,
      ...(noRtpmap === true ? [] : [`a=rtpmap:${type} ${codecName ?? codec}/90000`]),
      ...(noSprop === true || codec === 'JPEG' ? [] : [`a=fmtp:${type} ${fmtps[codec]}`]),
      ...(controls[control] === '' ? [] : [`a=control:${controls[control]}`]),
    ];
  }

  contentBase(): string | undefined {
    const bases = {
      slash: `${this.url}/`,
      'no slash': this.url,
      none: undefined,
      'other host': `rtsp://10.99.0.1${path}/`,
      'with log-in': `rtsp://admin:secret@127.0.0.1:${this.port}${path}/`,
    };
    return bases[this.quirks.contentBase ?? 'slash'];
  }
}

const soundLines = {
  PCMA: ['m=audio 0 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', 'a=control:trackID=2'],
  AAC: [
    'm=audio 0 RTP/AVP 98',
    'a=rtpmap:98 MPEG4-GENERIC/16000',
    'a=fmtp:98 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408',
    'a=control:trackID=2',
  ],
} as const;
