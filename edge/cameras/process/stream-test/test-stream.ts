/**
 * Tests one stream of a camera: opens it as the gateway will, measures it and decodes it.
 *
 *   opened ──► packets measured, first picture decoded ──► enough seen, `mostMs`, or it ended ──► closed ──► reading
 *     └── refused TCP (461) ──► once more by UDP
 *
 * Always: the test of one stream ends within `deadlineMs`; a stream that failed halfway still tells what was seen.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { isLocal, type NetworkSource, sourceOf } from '../../../vision/process/address.ts';
import { CameraFailure, explain } from '../../../vision/process/failure.ts';
import { openStream } from '../../../vision/process/stream/open-stream.ts';
import type { CameraStream } from '../../../vision/process/stream/stream.ts';
import type { StreamJob, StreamReading, TestJob } from '../../messages.ts';
import { decode } from './decode.ts';
import { Measure } from './measure.ts';

/** from the begin of the test: a camera may take its time for the first key frame */
const deadlineMs = 22_000;
const lookEveryMs = 200;
/** of an HTTP camera that sends a picture for each request */
const wantedFramesPerSecond = 10;

export async function testStream(
  { url, transport }: StreamJob,
  { login, trust }: Pick<TestJob, 'login' | 'trust'>,
): Promise<StreamReading> {
  const sourceBy = (by: 'tcp' | 'udp') =>
    sourceOf({ url, transport: by, user: login?.user, password: login?.password, ...trust });
  const source = sourceBy(transport ?? 'tcp');
  if (isLocal(source)) return { url, failure: words('gateway/reason.test-network-only') };
  const reading = await test(url, source);
  const isRefusedByTcp = reading.failure === words('gateway/reason.set-udp');
  if (!isRefusedByTcp || source.kind !== 'rtsp' || source.tls) return reading;
  return test(url, sourceBy('udp') as NetworkSource);
}

async function test(url: string, source: NetworkSource): Promise<StreamReading> {
  const measure = new Measure();
  const clock = systemClock;
  const began = clock.uptime();
  let tracks: { readonly codec: string; readonly sound: string | undefined } | undefined;
  const by = source.kind === 'rtsp' ? { transport: source.transport } : {};
  let stream: CameraStream;
  try {
    stream = await openStream(source, {
      clock,
      framesPerSecond: wantedFramesPerSecond,
      events: {
        described: (found) => {
          tracks = found;
        },
        came: (bytes, begins) => measure.came(bytes, begins, clock.uptime()),
        keyFrames: (intervalMs) => measure.keyFrames(intervalMs),
      },
    });
  } catch (error) {
    return { url, ...by, failure: reasonOf(error) };
  }
  const decoding = decode(stream.input('decodes'));
  let hasPicture = false;
  void decoding.firstPicture.then(() => {
    hasPicture = true;
  });
  const isOver = () =>
    stream.failure !== undefined ||
    clock.uptime() - began > deadlineMs ||
    (measure.isEnough(clock.uptime(), knowsKeyFrames(tracks?.codec)) && hasPicture);
  while (!isOver()) await wait(lookEveryMs);
  const { failure } = stream;
  const measured = measure.result(clock.uptime(), knowsKeyFrames(tracks?.codec));
  stream.close();
  const { picture, end, load, ...decoded } = await decoding.end();
  const shown = picture === undefined ? {} : { picture: picture.toString('base64') };
  const why = failure?.reason ?? (picture === undefined ? explain(end, source).reason : undefined);
  const codec = tracks?.codec ?? decoded.codec;
  const sound = tracks === undefined ? decoded.sound : tracks.sound;
  return {
    url,
    ...by,
    ...measured,
    ...shown,
    ...(decoded.width === undefined ? {} : { width: decoded.width }),
    ...(decoded.height === undefined ? {} : { height: decoded.height }),
    ...(codec === undefined ? {} : { codec }),
    ...(sound === undefined ? {} : { sound }),
    ...(load === undefined ? {} : { decodeLoad: Math.round(load * 100) / 100 }),
    ...(why === undefined ? {} : { failure: why as Words }),
  };
}

/** Each JPEG is a key frame, and of other codecs nothing is known. */
function knowsKeyFrames(codec: string | undefined): boolean {
  return codec === 'H264' || codec === 'H265';
}

function reasonOf(error: unknown): Words {
  // the reasons of a session are words of the catalogue
  if (error instanceof CameraFailure) return error.reason as Words;
  return words('gateway/reason.test-failed', { reason: messageOf(error) });
}
