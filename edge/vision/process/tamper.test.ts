/** Decoded footage of the rendered yard; ffmpeg filters add the effects of people and weather on a camera. */
import { execFileSync } from 'node:child_process';
import { beforeAll, expect, test } from 'vitest';
import { renderYard } from '../../../scripts/camera/render.ts';
import { cameraCache } from '../../../test/harness/root.ts';
import type { Frame } from './detectors/detector.ts';
import { TamperWatch, type Verdict } from './tamper.ts';

const size = 416;
const rows = 234;
let video: string;

beforeAll(async () => {
  video = (await renderYard(cameraCache)).video;
});

/** One frame a second of the footage, through `filter`. */
function footage(seconds: number, filter = 'null', from = 0): Uint8Array[] {
  const bytes = execFileSync(
    'ffmpeg',
    [
      // the footage has a key frame each second
      ...[
        '-v',
        'error',
        '-skip_frame',
        'nokey',
        '-stream_loop',
        '-1',
        '-ss',
        `${from}`,
        '-i',
        video,
        '-t',
        `${seconds}`,
      ],
      ...[
        '-vf',
        `fps=1,${filter},scale=${size}:${rows},noise=alls=6:allf=t`,
        '-pix_fmt',
        'rgb24',
        '-f',
        'rawvideo',
        '-',
      ],
    ],
    { maxBuffer: 2 ** 30 },
  );
  const length = size * rows * 3;
  return Array.from({ length: bytes.length / length }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
}

function watcher() {
  const watch = new TamperWatch();
  let uptime = 0;
  return {
    /** the verdicts, with the seconds since the first of these frames */
    see(frames: readonly Uint8Array[]): { verdict: Verdict; after: number }[] {
      return frames.flatMap((rgb, after) => {
        uptime += 1_000;
        const frame: Frame = { camera: 'yard', rgb, size, pictureWidth: size, pictureHeight: rows, uptime };
        const verdict = watch.examine(frame);
        return verdict === undefined ? [] : [{ verdict, after }];
      });
    },
  };
}

const learned = { verdict: null, after: 9 };

test.each([
  ['covered', 'a bag', 'drawbox=c=0x3a3a36:t=fill'],
  ['covered', 'a bag that leaves a slit', 'drawbox=c=0x3a3a36:t=fill:h=ih*0.9'],
  ['covered', 'white paint', 'drawbox=c=0xf0f0f0:t=fill'],
  ['covered', 'a hand right before the lens', 'gblur=sigma=90,eq=brightness=-0.3'],
  ['blurred', 'a lens out of focus', 'gblur=sigma=7'],
  ['blurred', 'spray', 'gblur=sigma=10,eq=contrast=0.6:brightness=0.2'],
  ['moved', 'a camera turned aside', 'crop=iw*0.6:ih:iw*0.4:0,scale=768:432'],
  ['moved', 'a camera that was knocked', 'rotate=0.35:fillcolor=0x8899aa'],
  ['moved', 'a camera that looks up', 'crop=iw:ih*0.5:0:0,scale=768:432'],
] as const)('%s is told within seconds: %s; and its end', (expected, _what, filter) => {
  const { see } = watcher();
  expect(see(footage(15))).toEqual([learned]);
  const told = see(footage(20, filter, 15));
  expect(told.map(({ verdict }) => verdict)).toEqual([expected]);
  expect(told[0]?.after).toBeLessThanOrEqual(6);
  const ended = see(footage(10, 'null', 35));
  expect(ended.map(({ verdict }) => verdict)).toEqual([null]);
  expect(ended[0]?.after).toBeLessThanOrEqual(6);
});

test.each([
  ['people walk through', 'null'],
  ['dusk, until next to nothing is to be seen', "eq=eval=frame:brightness='-0.008*t':contrast='1-0.015*t'"],
  ['dawn', "eq=eval=frame:brightness='-0.4+0.008*t':contrast='0.2+0.015*t'"],
  [
    'the infrared lamp comes on, and colours go',
    "hue=s='if(gt(t,25),0,1)',eq=eval=frame:contrast='if(gt(t,25),1.3,1)'",
  ],
  ['a flash each ten seconds', "eq=eval=frame:brightness='if(lt(mod(t+5,10),2),0.7,0)'"],
  ['clouds', "eq=eval=frame:brightness='0.15*sin(t/3)'"],
  ['half of the lamps go out', "eq=eval=frame:contrast='if(gt(t,25),0.5,1)':brightness='if(gt(t,25),-0.2,0)'"],
  ['rain on a windy day', 'noise=alls=40:allf=t,rotate=0.004*sin(3*t)'],
  ['a lorry stands before half of the picture', "drawbox=x=0:w=iw*0.55:h=ih:c=0xb03020:t=fill:enable='gt(t,20)'"],
  ['a head before the lens for three seconds', "drawbox=c=0x3a3a36:t=fill:enable='between(t,20,23)'"],
  ['fog comes up', "gblur=sigma='1',eq=eval=frame:contrast='1-0.012*t':brightness='0.004*t'"],
])('this does not count as tampering: %s', (_what, filter) => {
  expect(watcher().see(footage(60, filter))).toEqual([learned]);
});

test('a view without structure gives no verdict, and tampering from before a restart stays', () => {
  expect(watcher().see(footage(30, 'drawbox=c=black:t=fill'))).toEqual([]);
});

test('a moved camera’s new view becomes the reference after 15 minutes, and the alarm clears', () => {
  const { see } = watcher();
  const moved = 'crop=iw*0.6:ih:iw*0.4:0,scale=768:432';
  see(footage(15));
  const minute = footage(60, moved);
  const told = Array.from({ length: 16 }, () => see(minute).map(({ verdict }) => verdict));
  expect(told.flat()).toEqual(['moved', null]);
  expect(told[0]).toEqual(['moved']);
  expect(told.at(-1)).toEqual([null]);
});
