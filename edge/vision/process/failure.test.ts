import { expect, test } from 'vitest';
import { isLocal, sourceOf } from './address.ts';
import { explain } from './failure.ts';
import { ffconcat } from './stream/ffconcat.ts';

const open = sourceOf({ url: 'rtsp://cam.local:8554/yard' });
const withLogin = sourceOf({ url: 'rtsp://cam.local:8554/yard', user: 'u', password: 'secret' });
const end = (line: string, error: string | undefined = 'ffmpeg exited with code 1') => ({ error, lines: [line] });

// the lines are ffmpeg 5.1's own
test.each([
  ['pipe:0: Server returned 401 Unauthorized (authorization failed)', 'refused', 'wrong password'],
  ['pipe:0: Server returned 404 Not Found', 'refused', 'no such stream (404)'],
  ['pipe:0: Server returned 403 Forbidden (access denied)', 'refused', 'the camera forbids this user the stream (403)'],
  ['pipe:0: Connection refused', 'unreachable', 'nothing listens on cam.local:8554'],
  ['pipe:0: Connection timed out', 'unreachable', 'cam.local:8554 does not answer'],
  ['pipe:0: Invalid data found when processing input', 'unreachable', 'cam.local:8554 sends nothing that is a video'],
  ["Stream map '0:v:0' matches no streams.", 'refused', 'there is no video in this stream'],
])('ffmpeg says "%s", an installer reads it as %s: %s', (line, state, reason) => {
  expect(explain(end(line), withLogin)).toEqual({ state, reason });
});

const refusesVaapi = '[h264 @ 0x1] No device available for decoder: device type vaapi needed for codec h264.';

test('a hardware decoder that is not there is told from everything else', () => {
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
])('of a capture device ffmpeg says "%s", an installer reads it as %s: %s', (line, state, reason) => {
  expect(explain(end(line), sourceOf({ url: 'v4l2:///dev/video0' }))).toEqual({ state, reason });
});

test('without a log-in a refusal asks for one', () => {
  expect(explain(end('Server returned 401 Unauthorized'), open).reason).toBe(
    'the camera asks for a user and a password',
  );
});

test('a kicked client ends without an error: that is a drop', () => {
  expect(explain({ error: undefined, lines: [] }, open)).toEqual({
    state: 'connecting',
    reason: 'the camera ended the stream',
  });
});

test('a log-in with every awkward character reaches the camera as it is', () => {
  const source = sourceOf({ url: 'rtsp://10.0.0.7/s', user: 'an@na', password: "p'w: /?#@%" });
  if (isLocal(source)) throw new Error('not a file');
  expect(source).toMatchObject({ host: '10.0.0.7', port: 554, login: { user: 'an@na', password: "p'w: /?#@%" } });
  expect(ffconcat("rtsp://a/it's", { timeout: 1 })).toBe(
    "ffconcat version 1.0\nfile 'rtsp://a/it'\\''s'\noption timeout 1\n",
  );
});

test('what is no address of a camera is refused', () => {
  expect(() => sourceOf({ url: 'ftp://cam/yard' })).toThrow('no address of a camera');
});
