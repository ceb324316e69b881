/** The section about the machine that the gateway runs on: a line for each part, with what is wrong in words. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ConsoleStatus } from '../view.ts';
import { clockTime } from './format.ts';
import { hostLines, modelWords } from './host-words.ts';
import { badge, fact, section } from './parts.ts';
import { t } from './texts.ts';

/** Letters; a longer text takes the whole width. */
const longestHalf = 28;

/** Nothing where the machine was not read yet, or is not watched. */
export function hostView({ host }: ConsoleStatus, nowMs: number): TemplateResult | typeof nothing {
  if (host === undefined) return nothing;
  const lines = hostLines(host).map(
    ({ label, text, note, mark, isKnown }) =>
      html`<div class="fact ${isKnown && note === '' && text.length <= longestHalf ? '' : 'wide'}">
        <dt>${label}</dt>
        <dd class=${isKnown ? '' : 'unknown'}>${text} ${mark === undefined ? nothing : badge(mark)}</dd>
        ${note === '' ? nothing : html`<dd class="remedy">${note}</dd>`}
      </div>`,
  );
  return section(
    'host',
    t('gateway-page/host.title'),
    modelWords(host),
    html`<dl class="facts card">${lines}${fact(t('gateway-page/host.read'), clockTime(host.at, nowMs))}</dl>`,
  );
}
