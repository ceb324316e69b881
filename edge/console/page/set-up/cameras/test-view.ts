/** The results of a test, stream beside stream: picture, facts, and what is wrong in words. */
import { html, nothing, type TemplateResult } from 'lit';
import type { StreamTestView } from '../../../view.ts';
import { formats } from '../../texts.ts';
import { sentence } from '../../words.ts';
import { t } from '../texts.ts';
import { told } from './camera-api.ts';

type Tested = StreamTestView['streams'][number];

/** `names`: of the streams, by their addresses. */
export function testView(test: StreamTestView, names: ReadonlyMap<string, string>): TemplateResult {
  return html`<div class="tested">${test.streams.map((stream) => streamView(stream, test, names.get(stream.url) ?? stream.url))}</div>`;
}

function streamView(stream: Tested, { detection, evidence }: StreamTestView, name: string): TemplateResult {
  const fits = [
    ...(stream.url === detection ? [t('set-up/cameras.fits-detection')] : []),
    ...(stream.url === evidence ? [t('set-up/cameras.fits-evidence')] : []),
  ];
  return html`<section class="card tested-stream" aria-label=${name}>
    <h3>${name}</h3>
    ${
      stream.picture === undefined
        ? html`<p class="no-picture">${t('set-up/cameras.no-picture')}</p>`
        : html`<img src="data:image/jpeg;base64,${stream.picture}" alt=${t('set-up/cameras.picture-of', { name })} />`
    }
    ${fits.length === 0 ? nothing : html`<p class="good-note">${fits.join(' · ')}</p>`}
    <dl class="facts">${facts(stream).map(([term, value]) => html`<div class="fact"><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>
    ${
      stream.findings.length === 0
        ? html`<p class="good-note">${t('set-up/cameras.all-well')}</p>`
        : html`<ul class="findings">${stream.findings.map(
            (finding) =>
              html`<li class=${finding.level === 'fault' ? 'failure' : 'warning'}><strong>${finding.level === 'fault' ? t('set-up/cameras.fault') : t('set-up/cameras.warning')}</strong> ${sentence(told(finding))}.</li>`,
          )}</ul>`
    }
  </section>`;
}

function facts(stream: Tested): readonly (readonly [string, string])[] {
  const { codec, width, height, framesPerSecond, bitsPerSecond, keyFrameMs, sound, decodeLoad } = stream;
  const all: readonly (readonly [string, string | undefined])[] = [
    [t('set-up/cameras.codec'), codec],
    [t('set-up/cameras.size'), width === undefined || height === undefined ? undefined : `${width} × ${height}`],
    [
      t('set-up/cameras.rate'),
      framesPerSecond === undefined
        ? undefined
        : t('set-up/cameras.per-second', { rate: formats.number(framesPerSecond, 1) }),
    ],
    [
      t('set-up/cameras.bits'),
      bitsPerSecond === undefined
        ? undefined
        : t('set-up/cameras.megabits', { rate: formats.number(bitsPerSecond / 1e6, 1) }),
    ],
    [
      t('set-up/cameras.key-frames'),
      keyFrameMs === undefined
        ? undefined
        : t('set-up/cameras.every-seconds', { seconds: formats.number(keyFrameMs / 1_000, 1) }),
    ],
    [t('set-up/cameras.sound'), codec === undefined ? undefined : (sound ?? t('set-up/cameras.no-sound'))],
    [
      t('set-up/cameras.load'),
      decodeLoad === undefined ? undefined : t('set-up/cameras.of-a-core', { share: formats.share(decodeLoad) }),
    ],
  ];
  return all.flatMap(([term, value]) => (value === undefined ? [] : [[term, value] as const]));
}
