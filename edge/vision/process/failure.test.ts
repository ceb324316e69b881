import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLocal, sourceOf } from './address.ts';
import { explain } from './failure.ts';
import { ffconcat } from './stream/ffconcat.ts';

const open = sourceOf({ url: 'rtsp://cam.local:8554/yard' });
const withLogin = sourceOf({ url: 'rtsp://cam.local:8554/yard', user: 'u', password: 'secret' });
const end = (line: string, error: string | undefined = 'ffmpeg exited with code 1') => ({ error, lines: [line] });

// the last messages of ffmpeg 5 to 7: from libavutil/error.c, strerror and ffmpeg's own programs
test.each([
  [
    'pipe:0: Server returned 400 Bad Request',
    'refused',
    'the camera does not understand the request (400): is its address right?',
  ],
  ['pipe:0: Server returned 401 Unauthorized (authorization failed)', 'refused', 'wrong password'],
  ['pipe:0: Server returned 403 Forbidden (access denied)', 'refused', 'the camera forbids this user the stream (403)'],
  ['pipe:0: Server returned 404 Not Found', 'refused', 'no such stream (404)'],
  [
    'pipe:0: Server returned 4XX Client Error, but not one of 40{0,1,3,4}',
    'refused',
    'the camera refuses the stream (status 4xx): is its address right?',
  ],
  [
    'pipe:0: Server returned 5XX Server Error reply',
    'unreachable',
    'the camera reports an error of its own (status 5xx)',
  ],
  [
    'pipe:0: Server returned 429 Too Many Requests',
    'unreachable',
    'the camera refuses requests that come too often (429)',
  ],
  [
    '[rtsp @ 0x7f] method SETUP failed: 461 Unsupported transport',
    'refused',
    'the camera does not send its stream over TCP (461): allow RTP over RTSP in its settings',
  ],
  [
    '[rtsp @ 0x7f] method SETUP failed: 453 Not Enough Bandwidth',
    'unreachable',
    'the camera serves no more viewers (453): disconnect another viewer or lower the bit rate',
  ],
  ...[
    'Could not find tag for codec pcm_alaw in stream #1, codec not currently supported in container',
    '[out#0/segment @ 0x1] Could not write header (incorrect codec parameters ?): Invalid argument',
  ].map((line) => [
    line,
    'connecting',
    'the recording cannot hold the camera’s stream: set its sound to AAC, or switch the sound off',
  ]),
  [
    'av_interleaved_write_frame(): Invalid argument',
    'connecting',
    'the recording cannot hold the camera’s stream: its timestamps go backwards',
  ],
  ['pipe:0: Host is down', 'unreachable', 'there is no route to cam.local:8554'],
  ['pipe:0: Network is down', 'unreachable', 'there is no route to cam.local:8554'],
  [
    '[tcp @ 0x1] Failed to resolve hostname cam.local: Temporary failure in name resolution',
    'unreachable',
    'the name of cam.local:8554 cannot be looked up: does the network’s DNS server answer?',
  ],
  ['pipe:0: Connection refused', 'unreachable', 'nothing listens on cam.local:8554'],
  ['pipe:0: Connection timed out', 'unreachable', 'cam.local:8554 does not answer'],
  ['pipe:0: Operation timed out', 'unreachable', 'cam.local:8554 does not answer'],
  ['pipe:0: Resource temporarily unavailable', 'unreachable', 'cam.local:8554 does not answer'],
  ['pipe:0: No route to host', 'unreachable', 'there is no route to cam.local:8554'],
  ['pipe:0: Network is unreachable', 'unreachable', 'there is no route to cam.local:8554'],
  [
    'Failed to resolve hostname cam.local: Name or service not known',
    'unreachable',
    'the name cam.local:8554 does not exist',
  ],
  ['av_interleaved_write_frame(): Broken pipe', 'connecting', 'the camera cut the connection'],
  ['pipe:0: Connection reset by peer', 'connecting', 'the camera cut the connection'],
  ['pipe:0: Invalid data found when processing input', 'unreachable', 'cam.local:8554 sends no video'],
  ['pipe:0: Invalid argument', 'unreachable', 'cam.local:8554 sends no video'],
  ["Stream map '0:v:0' matches no streams.", 'refused', 'there is no video in this stream'],
  ['Output file #0 does not contain any stream', 'refused', 'there is no video in this stream'],
  ['pipe:0: Stream not found', 'refused', 'there is no video in this stream'],
  [
    '[segment @ 0x5] dimensions not set',
    'connecting',
    'the stream does not state the size of its picture, and no key frame with the size came',
  ],
  [
    '[rtsp @ 0x5] Could not find codec parameters for stream 0 (Video: h264, none): unspecified size',
    'connecting',
    'the stream does not state the size of its picture, and no key frame with the size came',
  ],
  [
    'Decoder (codec none) not found for input stream #0:0',
    'refused',
    'this gateway’s ffmpeg cannot decode the camera’s codec: set the camera to H.264 or H.265',
  ],
  [
    'Error while opening decoder for input stream #0:0 : Decoder not found',
    'refused',
    'this gateway’s ffmpeg cannot decode the camera’s codec: set the camera to H.264 or H.265',
  ],
  [
    'Not yet implemented in FFmpeg, patches welcome',
    'refused',
    'this gateway’s ffmpeg cannot decode the camera’s stream: set the camera to H.264, profile Main',
  ],
  [
    'pipe:0: Protocol not found',
    'refused',
    'this gateway’s ffmpeg lacks a part that Forpost needs: install the whole package',
  ],
  ['Demuxer not found', 'refused', 'this gateway’s ffmpeg lacks a part that Forpost needs: install the whole package'],
  ['Muxer not found', 'refused', 'this gateway’s ffmpeg lacks a part that Forpost needs: install the whole package'],
  ['Filter not found', 'refused', 'this gateway’s ffmpeg lacks a part that Forpost needs: install the whole package'],
  [
    'Bitstream filter not found',
    'refused',
    'this gateway’s ffmpeg lacks a part that Forpost needs: install the whole package',
  ],
  [
    "Unrecognized option 'fps_mode'.",
    'refused',
    'ffmpeg on this gateway is too old, or is another program: version 5 or newer is needed',
  ],
  [
    'Error splitting the argument list: Option not found',
    'refused',
    'this gateway’s ffmpeg lacks a part that Forpost needs: install the whole package',
  ],
  [
    'av_interleaved_write_frame(): No space left on device',
    'unreachable',
    'no space is left where the stream is recorded',
  ],
  ['Error: Cannot allocate memory', 'unreachable', 'this gateway has no memory left for the camera'],
  ['pipe:0: Too many open files', 'unreachable', 'this gateway has too many files open'],
  ['spawn ffmpeg ENOENT', 'unreachable', 'ffmpeg is missing on this gateway'],
  ['spawn ffmpeg EACCES', 'unreachable', 'the gateway may not run ffmpeg'],
  ['ffmpeg ended with SIGKILL', 'connecting', 'the system killed ffmpeg: is the gateway’s memory full?'],
  ['ffmpeg ended with SIGSEGV', 'connecting', 'ffmpeg crashed on the camera’s stream'],
])('ffmpeg says "%s", an installer reads it as %s: %s', (line, state, reason) => {
  expect(explain(end(line), withLogin)).toEqual({ state, reason });
});

test.each([
  'Immediate exit requested',
  'Generic error in an external library',
  'Internal bug, should not have happened',
  'Unknown error occurred',
  'Input changed',
  'Buffer too small',
])('a message that Forpost does not know is passed on as it is: %s', (sentence) => {
  expect(explain(end(`pipe:0: ${sentence}`), open)).toEqual({
    state: 'connecting',
    reason: `ffmpeg said: ${sentence}`,
  });
});

const chatter = [
  '[AVIOContext @ 0x55d0] Statistics: 170 bytes read, 0 seeks',
  'Input file #0 (pipe:0):',
  '  Input stream #0:0 (video): 0 packets read (0 bytes); 0 frames decoded; ',
  '  Total: 0 packets (0 bytes) demuxed',
  'video:0kB audio:0kB subtitle:0kB other streams:0kB global headers:0kB muxing overhead: unknown',
  'frame=    0 fps=0.0 q=0.0 Lsize=       0kB time=-577014:32:22.77 bitrate=  -0.0kbits/s speed=N/A',
  'Conversion failed!',
  'Exiting normally, received signal 15.',
  '    Last message repeated 3 times',
];

test('the line that explains the failure is passed on, whatever ffmpeg prints after it', () => {
  const lines = ['[h264 @ 0x5] non-existing PPS 0 referenced', '[h264 @ 0x5] error while decoding MB 3 4', ...chatter];
  expect(explain({ error: 'ffmpeg ended with status 1', lines }, open).reason).toBe(
    'ffmpeg said: error while decoding MB 3 4',
  );
  expect(explain({ error: 'ffmpeg ended with status 1', lines: chatter }, open).reason).toBe(
    'ffmpeg said: ffmpeg ended with status 1',
  );
});

test('whatever ffmpeg prints, the reason is one short line (random lines)', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...chatter,
      'rtsp://127.0.0.1:4711/0f0f/decodes-1: error',
      'error',
      '[x @ 0x1]',
      '\u001b[31m',
      '\u2028',
    ),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );
  const line = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(' '));
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 20 }),
      fc.constantFrom(undefined, 'ffmpeg ended with status 1'),
      (lines, error) => {
        const { state, reason } = explain({ error, lines }, withLogin);
        expect(['connecting', 'refused', 'unreachable']).toContain(state);
        expect(reason).toMatch(/^[^\p{Cc}\u2028\u2029]{5,200}$/u);
        expect(reason).not.toMatch(/127\.0\.0\.1|Statistics:|seeks$/);
      },
    ),
    { numRuns: 2_000 },
  );
});

const refusesVaapi = '[h264 @ 0x1] No device available for decoder: device type vaapi needed for codec h264.';

test('a missing hardware decoder is told from every other failure', () => {
  const inHardware = sourceOf({ url: 'rtsp://cam.local/yard', hwaccel: 'vaapi' });
  expect(explain(end(refusesVaapi), inHardware)).toMatchObject({ state: 'refused', hardware: true });
  expect(explain(end("[h264_v4l2m2m @ 0x1] can't configure decoder"), { ...inHardware, hwaccel: 'v4l2m2m' })).toEqual({
    state: 'refused',
    reason: 'hardware decoding (v4l2m2m) does not work on this gateway',
    hardware: true,
  });
  expect(explain(end('pipe:0: Connection refused'), inHardware).hardware).toBeUndefined();
});

test.each([
  ['/dev/video0: No such file or directory', 'unreachable', 'there is no device /dev/video0'],
  ['/dev/video0: Device or resource busy', 'unreachable', '/dev/video0 is used by another program'],
  ['/dev/video0: Inappropriate ioctl for device', 'refused', '/dev/video0 is not a camera'],
  ['/dev/video0: Permission denied', 'refused', 'the gateway may not read /dev/video0'],
])('about a capture device ffmpeg says "%s", an installer reads it as %s: %s', (line, state, reason) => {
  expect(explain(end(line), sourceOf({ url: 'v4l2:///dev/video0' }))).toEqual({ state, reason });
});

test('if no log-in is configured, a refusal asks for one', () => {
  expect(explain(end('Server returned 401 Unauthorized'), open).reason).toBe(
    'the camera asks for a user and a password',
  );
});

test('ffmpeg exits without an error when the camera disconnects it, and that counts as a dropped stream', () => {
  expect(explain({ error: undefined, lines: [] }, open)).toEqual({
    state: 'connecting',
    reason: 'the camera ended the stream',
  });
});

test('a log-in with special characters reaches the camera unchanged', () => {
  const source = sourceOf({ url: 'rtsp://10.0.0.7/s', user: 'an@na', password: "p'w: /?#@%" });
  if (isLocal(source)) throw new Error('not a file');
  expect(source).toMatchObject({ host: '10.0.0.7', port: 554, login: { user: 'an@na', password: "p'w: /?#@%" } });
  expect(ffconcat("rtsp://a/it's", { timeout: 1 })).toBe(
    "ffconcat version 1.0\nfile 'rtsp://a/it'\\''s'\noption timeout 1\n",
  );
});

test('a URL that cannot be a camera’s address is refused', () => {
  expect(() => sourceOf({ url: 'ftp://cam/yard' })).toThrow('no address of a camera');
});
