/** Runs one case: starts the simulated camera, watches it, and compares. */
import { startHttpCamera } from '../../../harness/camera/http-camera.ts';
import { startRtspCamera } from '../../../harness/camera/rtsp-camera.ts';
import { type Clip, watchCamera } from '../../../harness/camera/watch.ts';
import type { BadCase, GoodCase } from './case.ts';

const startedMs = 150_000;

/** Runs a case; resolves to its failure, or to an empty text. */
export async function runGood(one: GoodCase): Promise<string> {
  const { settings = {}, tells, seconds = [3, 10], codec = 'h264', alarmAfterMs = 4_000, liveWithinMs = 3_000 } = one;
  const { camera, url, began } = await serve(one);
  const rig = watchCamera({ url, ...settings });
  try {
    await until(
      () => rig.frames > 0,
      startedMs,
      () => `never live: ${rig.statusLines.join(' | ')}`,
    );
    const keyFrameAt = 'keyFrameAt' in camera && camera.keyFrameAt > 0 ? camera.keyFrameAt : began;
    const liveMs = rig.liveAt - keyFrameAt;
    if (liveMs > liveWithinMs) return `live ${Math.round(liveMs)} ms after its first key frame`;
    if (tells !== undefined && !rig.statusLines.some((line) => tells.test(line)))
      return `the status was ${rig.statusLines.join(' | ')}`;
    await sleep(alarmAfterMs);
    const clip = await rig.alarm(40_000);
    const wrong = wrongClip(clip, { seconds, codec });
    if (wrong !== '') return wrong;
    if (rig.statusLines.some((line) => /^(stalled|unreachable|refused)/.test(line)))
      return `the status was ${rig.statusLines.join(' | ')}`;
    return 'requestLog' in camera ? (one.also?.(camera) ?? '') : '';
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
      () => rig.statusLines.some(fits),
      30_000,
      () => `the status was ${rig.statusLines.join(' | ')}`,
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
