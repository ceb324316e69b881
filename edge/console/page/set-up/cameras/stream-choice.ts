/** Choosing the streams of a camera: one for detection, one for evidence. */
import { html, nothing, type TemplateResult } from 'lit';
import type { OfferedView } from '../../../view.ts';
import { formats } from '../../texts.ts';
import { t } from '../texts.ts';

export interface OfferedStream {
  readonly url: string;
  readonly name: string;
  /** codec, size, rate as the camera says; empty: it does not */
  readonly about: string;
}

export type Purpose = 'detection' | 'evidence';

export interface StreamChoiceParts {
  readonly streams: readonly OfferedStream[];
  /** urls */
  readonly detection: string;
  readonly evidence: string;
  readonly disabled: boolean;
  readonly choose: (purpose: Purpose, url: string) => void;
}

export function offeredOf({ url, name, codec, width, height, framesPerSecond, sound }: OfferedView): OfferedStream {
  const about = [
    codec,
    width === 0 ? '' : `${width} × ${height}`,
    framesPerSecond === 0 ? '' : t('set-up/cameras.per-second', { rate: formats.number(framesPerSecond, 1) }),
    sound ? t('set-up/cameras.with-sound') : '',
  ];
  return { url, name, about: about.filter((one) => one !== '').join(', ') };
}

/** Single pictures by request, for a camera whose streams cannot be used. */
export function snapshotOf(url: string): OfferedStream {
  return { url, name: t('set-up/cameras.snapshot'), about: t('set-up/cameras.snapshot-about') };
}

/** Streams whose addresses were typed. `main`: of the recorded one; empty: the same. */
export function typedStreams(stream: string, main: string): readonly OfferedStream[] {
  return [...new Set([stream, ...(main === '' ? [] : [main])])].map((url) => ({ url, name: url, about: '' }));
}

export function streamChoice(parts: StreamChoiceParts): TemplateResult {
  const { streams } = parts;
  if (streams.length === 0) return html`<p class="card quiet">${t('set-up/cameras.no-streams')}</p>`;
  return html`<form class="card" @submit=${(event: Event) => event.preventDefault()}>
    ${group(parts, 'detection', t('set-up/cameras.for-detection'), t('set-up/cameras.for-detection-hint'))}
    ${streams.length === 1 ? nothing : group(parts, 'evidence', t('set-up/cameras.for-evidence'), t('set-up/cameras.for-evidence-hint'))}
  </form>`;
}

function group(parts: StreamChoiceParts, purpose: Purpose, legend: string, hint: string): TemplateResult {
  const { streams, disabled, choose } = parts;
  return html`<fieldset class="field" aria-describedby="stream-${purpose}-hint"><legend>${legend}</legend>
    <p class="muted" id="stream-${purpose}-hint">${hint}</p>
    ${streams.map(
      ({
        url,
        name,
        about,
      }) => html`<label class="option"><input type="radio" name="stream-${purpose}" .checked=${parts[purpose] === url} ?disabled=${disabled} @change=${() => choose(purpose, url)} />
        <span class="device-name"><span class="name">${name}</span>${about === '' ? nothing : html`<span class="muted">${about}</span>`}</span></label>`,
    )}
  </fieldset>`;
}
