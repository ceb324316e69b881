/** Cameras that can be watched, each with a quirk of real ones: live within 3 s, an alarm, a clip. */
import { film } from '../../../harness/camera/footage.ts';
import { at, type GoodCase, login, long } from './case.ts';

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
