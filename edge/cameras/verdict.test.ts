/** What a stream's measurement means for an installer, and which streams are suggested. */

import { words } from '@forpost/shared/texts/english.ts';
import { wordsOf } from '@forpost/shared/texts/sentence.ts';
import { expect, test } from 'vitest';
import type { StreamReading } from './messages.ts';
import { findingsOf, isUsable, suggestedOf, suggestedOfTested } from './verdict.ts';

const good: StreamReading = {
  url: 'rtsp://10.0.0.7/sub',
  transport: 'tcp',
  codec: 'H264',
  width: 640,
  height: 360,
  framesPerSecond: 10,
  bitsPerSecond: 500_000,
  keyFrameMs: 2_000,
  decodeLoad: 0.04,
};
const said = (change: Partial<StreamReading>) =>
  findingsOf({ ...good, ...change }).map(({ level, text }) => `${level}: ${wordsOf(text)}`);

test('a good stream has no findings', () => {
  expect(said({})).toEqual([]);
  expect(isUsable(good)).toBe(true);
});

test('each finding is a sentence, and a fault where the stream is of no use', () => {
  expect(said({ failure: words('gateway/reason.no-stream') })).toEqual(['fault: no such stream (404)']);
  expect(said({ transport: 'udp' })).toEqual([expect.stringMatching(/^warning: it sends by UDP only/)]);
  expect(said({ codec: 'H265' })).toEqual([expect.stringMatching(/^warning: H.265/)]);
  expect(said({ decodeLoad: 1.2 })).toEqual([
    'fault: too large for this gateway: decoding takes 120 % of a processor core. Choose a smaller stream for detection',
  ]);
  expect(said({ decodeLoad: 0.5 })).toEqual([expect.stringMatching(/^warning: decoding takes 50 %/)]);
  const { keyFrameMs: _, ...rare } = good;
  expect(findingsOf({ ...rare, keyFramesAwaitedMs: 12_000 })[0]?.level).toBe('fault');
  expect(findingsOf({ ...rare, keyFramesAwaitedMs: 5_000 })[0]?.level).toBe('warning');
  expect(said({ keyFrameMs: 6_000 })).toEqual([expect.stringMatching(/^warning: a key frame only every 6 s/)]);
  expect(said({ framesPerSecond: 2 })).toEqual([expect.stringMatching(/^warning: only 2 pictures a second/)]);
  expect(said({ bitsPerSecond: 20_000_000 })).toEqual([expect.stringMatching(/^warning: 20 Mbit/)]);
});

test('the smallest stream that shows people is suggested for detection, the largest for evidence', () => {
  const main = { ...good, url: 'main', width: 2688, height: 1520 };
  const tiny = { ...good, url: 'tiny', width: 320, height: 180 };
  expect(suggestedOfTested([main, good, tiny])).toEqual({ detection: good.url, evidence: 'main' });
});

test('H.264 is suggested before H.265, and a failed stream is never suggested', () => {
  const heavy = { ...good, url: 'h265', codec: 'H265', width: 2688, height: 1520 };
  expect(suggestedOfTested([heavy, good])).toEqual({ detection: good.url, evidence: good.url });
  expect(suggestedOfTested([heavy, { ...good, failure: words('gateway/reason.no-stream') }])).toEqual({
    detection: 'h265',
    evidence: 'h265',
  });
  expect(suggestedOfTested([])).toEqual({});
});

test('before a test, the streams are suggested by what the camera says of them', () => {
  const offered = { name: 'a', keyFrameSeconds: 2, sound: true, framesPerSecond: 20, codec: 'H264' };
  const main = { ...offered, url: 'main', width: 2688, height: 1520 };
  const sub = { ...offered, url: 'sub', width: 704, height: 576 };
  expect(suggestedOf([main, sub])).toEqual({ detection: 'sub', evidence: 'main' });
  expect(suggestedOf([main])).toEqual({ detection: 'main', evidence: 'main' });
  expect(suggestedOf([{ ...main, width: 0, height: 0, codec: '' }])).toEqual({ detection: 'main', evidence: 'main' });
});
