/**
 * Cameras as the field has them: each case a simulated camera with its quirk, and what the gateway is to make of it. The quick
 * ones are tests of `npm test`; all of them are a part of `npm run faults -- --field`.
 */
import type { CameraSettings } from '../../../edge/vision/process/watched-camera.ts';
import { film } from '../../harness/camera/footage.ts';
import { type HttpCameraQuirks, startHttpCamera } from '../../harness/camera/http-camera.ts';
import { type CameraQuirks, startRtspCamera } from '../../harness/camera/rtsp-camera.ts';
import { type Clip, type WatchedRig, watchCamera } from '../../harness/camera/watch.ts';

type Settings = Partial<CameraSettings>;

interface Served {
  readonly name: string;
  /** a test of `npm test` */
  readonly quick?: true;
  readonly settings?: Settings;
}

/** It is live within 3 s of its first usable frame, and an alarm has a clip of the right length. */
export interface GoodCase extends Served {
  readonly camera?: () => CameraQuirks | Promise<CameraQuirks>;
  readonly http?: HttpCameraQuirks;
  /** default 3,000: from the first key frame that it sends to the first picture */
  readonly liveWithinMs?: number;
  /** told before it is live */
  readonly tells?: RegExp;
  /** of the clip; default 3 to 10 (2 s before and after, and up to 3 s more on each side: whole segments) */
  readonly seconds?: readonly [number, number];
  readonly codec?: string;
  /** the alarm comes so long after the first frame; default 4,000 */
  readonly alarmAfterMs?: number;
  /** what must be so besides; undefined or why it is not */
  readonly also?: (camera: {
    readonly heard: string;
    readonly setUps: number;
    readonly wrongLogins: number;
  }) => string | undefined;
}

/** It cannot be watched, and the reason is one. */
export interface BadCase extends Served {
  readonly camera?: () => CameraQuirks | Promise<CameraQuirks>;
  readonly http?: HttpCameraQuirks;
  readonly state: 'refused' | 'unreachable' | 'connecting' | 'stalled';
  readonly reason: string | RegExp;
}

const login = { user: 'viewer', password: 'p' };
const at = (user: string, password: string): Settings => ({ user, password });
const long = 'abcdefgh'.repeat(8);

export const goodCases: readonly GoodCase[] = [
  {
    name: 'nothing odd at all',
    quick: true,
    also: ({ setUps }) => (setUps > 1 ? 'more than one session' : undefined),
  },
  { name: 'UDP, shuffled, doubled', quick: true, settings: { transport: 'udp' }, camera: () => ({ shuffled: true }) },
  // sound
  {
    name: 'G.711 whose packets come first, also where nobody set them up',
    quick: true,
    camera: () => ({ sound: 'PCMA', soundFirst: true, soundUnasked: true, noSprop: true }),
  },
  { name: 'AAC beside the picture', camera: () => ({ sound: 'AAC' }) },
  { name: 'AAC described first', camera: () => ({ sound: 'AAC', soundFirst: true, noSprop: true }) },
  { name: 'ONVIF metadata beside the picture', camera: () => ({ metadata: true }) },
  // description
  { name: 'no parameters in its description', camera: () => ({ noSprop: true }) },
  { name: 'parameters in its description alone', camera: () => ({ sparseParameters: true }) },
  { name: 'parameters in one packet', camera: () => ({ aggregated: true, noSprop: true }) },
  { name: 'a codec called X-H264', camera: () => ({ codecName: 'x-h264' }) },
  { name: 'a codec called AVC1', camera: () => ({ codecName: 'avc1' }) },
  { name: 'no codec named', camera: () => ({ noRtpmap: true }) },
  { name: 'packets of another type than announced', camera: () => ({ wrongPayloadType: true }) },
  { name: 'a track of the maker’s own before the picture', camera: () => ({ secondVideo: 'before' }) },
  { name: 'a second video after the first', camera: () => ({ secondVideo: 'after' }) },
  { name: 'answers with line feeds alone', camera: () => ({ lineFeeds: true }) },
  ...(['slash', 'absolute', 'other host', 'with log-in', 'none', 'star'] as const).map(
    (control): GoodCase => ({ name: `a=control: ${control}`, camera: () => ({ control }) }),
  ),
  ...(['no slash', 'none', 'other host', 'with log-in'] as const).map(
    (contentBase): GoodCase => ({ name: `Content-Base: ${contentBase}`, camera: () => ({ contentBase }) }),
  ),
  {
    name: 'a description with empty and broken lines',
    camera: () => ({ sdp: (text) => `\r\n${text}\r\na=\r\nz\r\nm=\r\n` }),
  },
  // pictures
  { name: 'H.265', quick: true, codec: 'hevc', camera: async () => ({ film: await film({ codec: 'H265' }) }) },
  {
    name: 'H.265 without parameters in its description',
    codec: 'hevc',
    camera: async () => ({ film: await film({ codec: 'H265' }), noSprop: true }),
  },
  {
    name: 'JPEG over RTP',

    codec: 'h264',
    camera: async () => ({ film: await film({ codec: 'JPEG', pictures: 20 }) }),
  },
  { name: 'B-frames', camera: async () => ({ film: await film({ gop: 20, bFrames: 2 }) }) },
  { name: 'pictures in a burst at first', camera: () => ({ burst: 20 }) },
  {
    name: 'another resolution of the same shape in the middle',
    camera: async () => ({ next: { film: await film({ size: '320x180' }), after: 30 } }),
    alarmAfterMs: 7_000,
  },
  {
    name: 'another shape in the middle',
    camera: async () => ({ next: { film: await film({ size: '120x160' }), after: 20 } }),
    alarmAfterMs: 9_000,
  },
  // rates
  { name: '30 pictures a second', camera: async () => ({ rate: 30, film: await film({ gop: 30 }) }) },
  {
    name: 'one picture a second',
    camera: async () => ({ rate: 1, film: await film({ gop: 1, pictures: 10 }) }),
    settings: { fps: 1 },
    seconds: [2, 9],
  },
  {
    name: '0.25 pictures a second, as it is configured',
    quick: true,
    camera: async () => ({ rate: 0.25, film: await film({ gop: 1, pictures: 10 }) }),
    settings: { fps: 0.25 },
    seconds: [1, 20],
    alarmAfterMs: 9_000,
  },
  // key frames
  {
    name: 'a key frame in 8 s, and the first one 5 s away',
    quick: true,
    camera: async () => ({ film: await film({ gop: 80 }), from: 30 }),
    tells: /waiting for a key frame/,
    alarmAfterMs: 7_000,
    seconds: [3, 8],
  },
  {
    name: 'a key frame in 30 s, and the first one 20 s away',
    camera: async () => ({ film: await film({ gop: 300 }), from: 100 }),
    tells: /waiting for a key frame \(for 10 s by now/,
    alarmAfterMs: 15_000,
    seconds: [3, 8],
  },
  {
    name: 'a key frame in 60 s, and the first one 40 s away',
    camera: async () => ({ film: await film({ gop: 600 }), from: 200 }),
    tells: /waiting for a key frame \(for 20 s by now/,
    alarmAfterMs: 40_000,
    seconds: [3, 8],
  },
  // times
  { name: 'times that are all zero', quick: true, camera: () => ({ timestamp: () => 0 }) },
  { name: 'times that run backwards', camera: () => ({ timestamp: (right) => 2 ** 31 - right }) },
  {
    name: 'times that jump an hour ahead each second',

    camera: () => ({ timestamp: (right, n) => right + Math.floor(n / 10) * 324_000_000 }),
  },
  {
    name: 'times that jump back each second',
    camera: () => ({ timestamp: (right, n) => right - Math.floor(n / 10) * 450_000 }),
  },
  { name: 'times that wrap around', camera: () => ({ timestamp: (right) => right + 2 ** 32 - 300_000 }) },
  {
    name: 'times twice as fast as they pass',
    camera: () => ({ timestamp: (right) => right * 2 }),
    alarmAfterMs: 7_000,
    seconds: [3, 10],
  },
  {
    name: 'times half as fast as they pass',
    camera: () => ({ timestamp: (right) => right / 2 }),
    alarmAfterMs: 7_000,
    seconds: [3, 10],
  },
  { name: 'times by chance', camera: () => ({ timestamp: (_, n) => (n * 2_654_435_761) % 2 ** 32 }) },
  { name: 'the end of a picture marked on each packet', camera: () => ({ markerOnEachPacket: true }) },
  // log-ins
  ...(['Basic', 'MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess', 'SHA-512-256', 'none named'] as const).map(
    (offer): GoodCase => ({
      name: `a log-in by ${offer}`,
      ...(offer === 'SHA-256' ? { quick: true } : {}),
      settings: login,
      camera: () => ({ login: { ...login, offers: [offer] } }),
    }),
  ),
  {
    name: 'SHA-256, MD5 and Basic offered in one header, with qop auth-int and auth',
    settings: at('adm"in', 'a:b/c#d?e@f%g ü'),
    camera: () => ({
      login: {
        user: 'adm"in',
        password: 'a:b/c#d?e@f%g ü',
        offers: ['Basic', 'MD5', 'SHA-256'],
        oneHeader: true,
        qop: 'auth-int,auth',
      },
    }),
  },
  {
    name: 'a password of 64 letters with qop auth',
    settings: at('viewer', long),
    camera: () => ({ login: { user: 'viewer', password: long, offers: ['MD5'], qop: 'auth' } }),
  },
  {
    name: 'qop auth-int alone',
    settings: login,
    camera: () => ({ login: { ...login, offers: ['SHA-256'], qop: 'auth-int' } }),
  },
  {
    name: 'hashed user names',
    settings: login,
    camera: () => ({ login: { ...login, offers: ['SHA-256'], qop: 'auth', userhash: true } }),
  },
  {
    name: 'a nonce that is stale at once',
    settings: login,
    camera: () => ({ login: { ...login, offers: ['MD5'], stale: 2 } }),
    also: ({ wrongLogins }) => (wrongLogins > 0 ? `${wrongLogins} wrong log-ins` : undefined),
  },
  {
    name: 'a nonce for two requests',
    settings: login,
    camera: () => ({ login: { ...login, offers: ['SHA-256'], qop: 'auth', requestsANonce: 2 } }),
  },
  {
    name: 'SHA-256 offered and broken, MD5 right',
    settings: login,
    camera: () => ({ login: { ...login, offers: ['SHA-256', 'MD5'], broken: ['SHA-256'] } }),
  },
  {
    name: 'Digest offered and broken, Basic right',
    settings: login,
    camera: () => ({ login: { ...login, offers: ['MD5', 'Basic'], broken: ['MD5'] } }),
  },
  {
    name: 'NTLM and Basic offered',
    settings: login,
    camera: () => ({ login: { ...login, offers: ['NTLM', 'Basic'] } }),
  },
  // session
  { name: 'channels of its own choice', camera: () => ({ channels: '4-5' }) },
  { name: 'answers without a number', camera: () => ({ noCseq: true }) },
  { name: 'stray bytes between its packets', camera: () => ({ stray: true }) },
  { name: 'questions of its own', camera: () => ({ asksBack: true }) },
  { name: 'a session of 8 s that wants to be kept alive', camera: () => ({ sessionS: 8 }), alarmAfterMs: 14_000 },
  { name: 'PLAY by the track’s address alone', camera: () => ({ status: {} }) },
  // HTTP
  { name: 'JPEGs pushed over HTTP', codec: 'h264', http: {} },
  { name: 'MJPEG without a first boundary', quick: true, codec: 'h264', http: { parts: 'no first boundary' } },
  { name: 'MJPEG without lengths', codec: 'h264', http: { parts: 'no lengths' } },
  { name: 'MJPEG with wrong lengths', codec: 'h264', http: { parts: 'wrong lengths' } },
  { name: 'MJPEG without a type', codec: 'h264', http: { parts: 'no type named' } },
  { name: 'JPEGs with nothing between them', codec: 'h264', http: { answers: 'bare JPEGs' } },
  {
    name: 'an address that gives one picture, behind Digest with SHA-256',
    quick: true,
    codec: 'h264',
    settings: { ...login, fps: 4 },
    http: { answers: 'snapshot', login: { ...login, offers: ['SHA-256', 'MD5'], qop: 'auth' } },
  },
];

export const badCases: readonly BadCase[] = [
  {
    name: 'a wrong password',
    quick: true,
    settings: at('viewer', 'wrong'),
    camera: () => ({ login: { ...login, offers: ['SHA-256'] } }),
    state: 'refused',
    reason: 'wrong password',
  },
  {
    name: 'no log-in given',
    camera: () => ({ login: { ...login, offers: ['MD5'] } }),
    state: 'refused',
    reason: 'the camera asks for a user and a password',
  },
  {
    name: 'a log-in by NTLM alone',
    quick: true,
    settings: login,
    camera: () => ({ login: { ...login, offers: ['NTLM'] } }),
    state: 'refused',
    reason: /asks for a log-in by NTLM, which Forpost cannot do/,
  },
  {
    name: 'a user with a colon by Basic',
    settings: at('a:b', 'p'),
    camera: () => ({ login: { user: 'a:b', password: 'p', offers: ['Basic'] } }),
    state: 'refused',
    reason: /a user’s name cannot have a colon/,
  },
  ...(['DESCRIBE', 'SETUP', 'PLAY'] as const).flatMap((where) =>
    (['tcp', 'udp'] as const).map(
      (transport): BadCase => ({
        name: `a redirect at ${where} by ${transport}`,
        ...(where === 'SETUP' ? { quick: true as const } : {}),
        settings: { ...login, transport },
        camera: () => ({
          login: { ...login, offers: ['Basic'] },
          redirect: { at: where, to: 'rtsp://127.0.0.1:9/stolen' },
        }),
        state: 'refused',
        reason: /sends viewers to another address \(rtsp:\/\/127\.0\.0\.1:9\/stolen\), where its log-in is not sent/,
      }),
    ),
  ),
  {
    name: 'no TCP',
    camera: () => ({ refuses: 'tcp' }),
    state: 'refused',
    reason: 'the camera does not send by TCP (461): set transport: udp',
  },
  {
    name: 'no UDP',
    settings: { transport: 'udp' },
    camera: () => ({ refuses: 'udp' }),
    state: 'refused',
    reason: 'the camera does not send by UDP: leave out transport: udp',
  },
  {
    name: 'no such stream',
    camera: () => ({ status: { DESCRIBE: '404 Stream Not Found' } }),
    state: 'refused',
    reason: 'no such stream (404)',
  },
  {
    name: 'as many viewers as it can',
    camera: () => ({ status: { SETUP: '453 Not Enough Bandwidth' } }),
    state: 'unreachable',
    reason: /as many viewers as it can \(453\)/,
  },
  {
    name: 'a status nobody knows',
    camera: () => ({ status: { PLAY: '599 Sensor hot' } }),
    state: 'refused',
    reason: 'the camera refuses PLAY: RTSP/1.0 599 Sensor hot',
  },
  {
    name: 'sound alone',
    camera: () => ({ sdp: (text) => text.replace(/m=video[\s\S]*?(?=m=audio)/, ''), sound: 'PCMA' }),
    state: 'refused',
    reason: 'there is no video in this stream',
  },
  {
    name: 'encrypted pictures',
    camera: () => ({ sdp: (text) => text.replace('RTP/AVP', 'RTP/SAVP') }),
    state: 'refused',
    reason: /encrypted \(SRTP\)/,
  },
  {
    name: 'no packet at all',
    camera: () => ({ stopsAfter: 0 }),
    state: 'unreachable',
    reason: 'the camera starts the stream and sends nothing for 10 s',
  },
  {
    name: 'no packet by UDP',
    settings: { transport: 'udp' },
    camera: () => ({ stopsAfter: 0 }),
    state: 'unreachable',
    reason: /nothing came by UDP for 10 s: a firewall/,
  },
  {
    name: 'a stream that stands still',
    quick: true,
    camera: () => ({ stopsAfter: 20 }),
    state: 'stalled',
    reason: 'no frames for 3 s',
  },
  {
    name: 'a connection that ends',
    camera: () => ({ endsAfter: 20 }),
    state: 'connecting',
    reason: 'the camera ended the stream',
  },
  {
    name: 'a goodbye',
    camera: () => ({ goodbyeAfter: 20 }),
    state: 'connecting',
    reason: 'the camera ended the stream',
  },
  {
    name: 'a page in the place of pictures',
    quick: true,
    http: { answers: 'page' },
    state: 'refused',
    reason: /it is the address of the camera’s page/,
  },
  {
    name: 'a redirect by HTTP',
    settings: login,
    http: { redirectTo: 'http://127.0.0.2:9/', login: { ...login, offers: ['MD5'] } },
    state: 'refused',
    reason: /sends viewers to another address/,
  },
];

const startedMs = 150_000;

/** Runs a case; resolves to what is wrong, an empty text where all is right. */
export async function runGood(one: GoodCase): Promise<string> {
  const { settings = {}, tells, seconds = [3, 10], codec = 'h264', alarmAfterMs = 4_000, liveWithinMs = 3_000 } = one;
  const { camera, url, began } = await serve(one);
  const rig = watchCamera({ url, ...settings });
  try {
    await until(
      () => rig.frames > 0,
      startedMs,
      () => `never live: ${rig.told.join(' | ')}`,
    );
    const keyFrameAt = 'keyFrameAt' in camera && camera.keyFrameAt > 0 ? camera.keyFrameAt : began;
    const liveMs = rig.liveAt - keyFrameAt;
    if (liveMs > liveWithinMs) return `live ${Math.round(liveMs)} ms after its first key frame`;
    if (tells !== undefined && !rig.told.some((line) => tells.test(line))) return `told ${rig.told.join(' | ')}`;
    await sleep(alarmAfterMs);
    const clip = await rig.alarm(40_000);
    const wrong = wrongClip(clip, { seconds, codec });
    if (wrong !== '') return wrong;
    if (rig.told.some((line) => /^(stalled|unreachable|refused)/.test(line))) return `told ${rig.told.join(' | ')}`;
    return 'heard' in camera ? (one.also?.(camera) ?? '') : '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rig.stop();
    await camera.stop();
  }
}

function wrongClip(
  clip: Clip | string,
  { seconds, codec }: { seconds: readonly [number, number]; codec: string },
): string {
  if (typeof clip === 'string') return clip;
  const [least, most] = seconds;
  if (clip.seconds < least || clip.seconds > most) return `its clip lasts ${clip.seconds} s`;
  if (!clip.ordered) return 'the pictures of its clip are not one after the other';
  if (!clip.playable) return 'its clip cannot be decoded';
  return clip.codec === codec ? '' : `its clip is ${clip.codec}`;
}

export async function runBad(one: BadCase): Promise<string> {
  const { settings = {}, state, reason } = one;
  const { camera, url } = await serve(one);
  const rig = watchCamera({ url, ...settings });
  const fits = (line: string) =>
    line.startsWith(state) && (typeof reason === 'string' ? line === `${state} ${reason}` : reason.test(line));
  try {
    await until(
      () => rig.told.some(fits),
      30_000,
      () => `told ${rig.told.join(' | ')}`,
    );
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rig.stop();
    await camera.stop();
  }
}

async function serve({ camera: quirks, http }: GoodCase | BadCase) {
  const camera = http === undefined ? await startRtspCamera(await quirks?.()) : await startHttpCamera(http);
  return { camera, url: camera.url, began: performance.timeOrigin + performance.now() };
}

export type { WatchedRig };

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(holds: () => boolean, withinMs: number, otherwise: () => string): Promise<void> {
  const from = performance.now();
  while (!holds()) {
    if (performance.now() - from > withinMs) throw new Error(otherwise());
    await sleep(50);
  }
}
