/**
 * What the test of a stream means for an installer, and which streams suit which purpose. Pure.
 *
 *   detection   the smallest stream that still shows people: every frame of it is decoded, day and night
 *   evidence    the largest stream that a browser plays: it is recorded and not decoded
 */
import type { Message } from '@forpost/shared/texts/message.ts';
import type { Sentence } from '@forpost/shared/texts/sentence.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { OfferedStream, StreamReading } from './messages.ts';

export interface Finding {
  /** fault: the stream is of no use as it is · warning: it works, and something should be changed */
  readonly level: 'fault' | 'warning';
  readonly text: Sentence;
}

/** Part of one core that decoding may take: detection needs the rest, and other cameras too. */
const heavyLoad = 0.3;
/** One thread decodes a stream: above this it falls behind. */
const hopelessLoad = 0.85;
/** Clips begin with a key frame, and a camera is watched from the first one on. */
const rareKeyFrameMs = 4_500;
const goodKeyFrameMs = 10_000;
const fewFramesPerSecond = 4;
/** Detection works on frames of 640 pixels at most: more cost decoding and show nothing more. */
const widestForDetection = 1_280;
const leastHeightForDetection = 240;
/** of one network of a site: a recorder of several such streams fills it */
const highBitsPerSecond = 16_000_000;

export function findingsOf(reading: StreamReading): readonly Finding[] {
  const {
    failure,
    codec,
    decodeLoad = 0,
    keyFrameMs = 0,
    keyFramesAwaitedMs,
    framesPerSecond,
    bitsPerSecond = 0,
  } = reading;
  const fault = (text: Sentence): Finding => ({ level: 'fault', text });
  const warning = (text: Message): Finding => ({ level: 'warning', text });
  const seconds = (ms: number) => Math.round(ms / 1_000);
  return [
    ...(failure === undefined ? [] : [fault(failure)]),
    ...(reading.transport === 'udp' ? [warning(message('gateway/finding.udp'))] : []),
    ...(codec === 'H265' ? [warning(message('gateway/finding.h265'))] : []),
    ...(decodeLoad > hopelessLoad
      ? [fault(message('gateway/finding.too-large', { percent: percent(decodeLoad) }))]
      : []),
    ...(decodeLoad > heavyLoad && decodeLoad <= hopelessLoad
      ? [warning(message('gateway/finding.heavy', { percent: percent(decodeLoad) }))]
      : []),
    ...(keyFramesAwaitedMs !== undefined && failure === undefined
      ? [
          (keyFramesAwaitedMs > goodKeyFrameMs ? fault : warning)(
            message('gateway/finding.no-key-frame', { seconds: seconds(keyFramesAwaitedMs) }),
          ),
        ]
      : []),
    ...(keyFrameMs > rareKeyFrameMs
      ? [warning(message('gateway/finding.rare-key-frames', { seconds: seconds(keyFrameMs) }))]
      : []),
    ...(framesPerSecond !== undefined && framesPerSecond < fewFramesPerSecond
      ? [warning(message('gateway/finding.few-frames', { rate: framesPerSecond }))]
      : []),
    ...(bitsPerSecond > highBitsPerSecond
      ? [warning(message('gateway/finding.high-rate', { megabits: Math.round(bitsPerSecond / 1e6) }))]
      : []),
  ];
}

/** Whether the stream can be used at all. */
export function isUsable(reading: StreamReading): boolean {
  return reading.failure === undefined && !findingsOf(reading).some(({ level }) => level === 'fault');
}

/** URLs; absent: no stream suits. Both may be the same. */
export interface Suggestion {
  readonly detection?: string;
  readonly evidence?: string;
}

interface Rated {
  readonly url: string;
  readonly codec?: string;
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond?: number;
}

/** Of streams as the camera describes them, before any was tested. */
export function suggestedOf(streams: readonly OfferedStream[]): Suggestion {
  return suggestion(streams);
}

/** Of tested streams: only those that can be used. */
export function suggestedOfTested(readings: readonly StreamReading[]): Suggestion {
  return suggestion(readings.filter(isUsable));
}

function suggestion(streams: readonly Rated[]): Suggestion {
  const pixels = ({ width = 0, height = 0 }: Rated) => width * height;
  // H.265 costs twice the decoding, and few browsers play it
  const rank = ({ codec }: Rated) => (codec === 'H264' ? 0 : codec === 'JPEG' ? 1 : 2);
  const small = streams.filter(({ width = 0 }) => width <= widestForDetection);
  const fit = small.filter(({ height = 0, framesPerSecond: rate = 0 }) =>
    height === 0 ? true : height >= leastHeightForDetection && (rate === 0 || rate >= fewFramesPerSecond),
  );
  const forDetection = firstOf([fit, small, streams])?.toSorted(
    (a, b) => rank(a) - rank(b) || pixels(a) - pixels(b),
  )[0];
  const forEvidence = streams.toSorted((a, b) => rank(a) - rank(b) || pixels(b) - pixels(a))[0];
  return {
    ...(forDetection === undefined ? {} : { detection: forDetection.url }),
    ...(forEvidence === undefined ? {} : { evidence: forEvidence.url }),
  };
}

function firstOf(lists: readonly (readonly Rated[])[]): readonly Rated[] | undefined {
  return lists.find((list) => list.length > 0);
}

function percent(part: number): number {
  return Math.round(part * 100);
}
