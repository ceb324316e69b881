/** Refusals of clients: those of a device in its row, and all of them in a section of their own. */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { RefusedView } from '../view.ts';
import { clockTime, count } from './format.ts';
import { section } from './parts.ts';
import { refusedClient, refusedInWords, refusedRemedy } from './refused-words.ts';
import { setUpAddress } from './route.ts';
import { t } from './texts.ts';

/** Refusals in the section; more would bury the rest of the page. The API has all. */
const mostShown = 50;

/** `mayAct`: the reader may pair an unknown device. */
export function refusedSection(refused: readonly RefusedView[], nowMs: number, mayAct: boolean): TemplateResult {
  if (refused.length === 0) return html``;
  const note =
    refused.length > mostShown
      ? t('gateway-page/refused.newest', { all: refused.length, shown: mostShown })
      : count(refused.length);
  const rows = repeat(
    refused.slice(0, mostShown),
    (one) => JSON.stringify([one.kind, one.principal, one.user, one.what, one.address]),
    (one) => html`<li class="refused">
      <p><strong>${refusedClient(one)}</strong> ${refusedInWords(one)}.</p>
      <p class="muted">${times(one, nowMs)} ${refusedRemedy(one)}</p>
    </li>`,
  );
  const pair =
    mayAct && refused.some(({ kind }) => kind === 'stranger')
      ? html`<p><a href=${setUpAddress('pairing')}>${t('gateway-page/refused.pair')}</a></p>`
      : nothing;
  return section('refused', t('gateway-page/refused.title'), note, html`<ul class="rows card">${rows}</ul>${pair}`);
}

/** The refusals of one device, in its row. */
export function refusedOfDevice(refused: readonly RefusedView[], nowMs: number): TemplateResult | typeof nothing {
  if (refused.length === 0) return nothing;
  return html`<div class="letters">
    <h3>${t('gateway-page/refused.title')}</h3>
    ${refused.map(
      (one) => html`<div class="letter">
      <p><strong>${t('gateway-page/refused.it', { what: refusedInWords(one) })}</strong></p>
      <p class="muted">${times(one, nowMs)}${one.address === '' ? '' : ` ${t('gateway-page/refused.from', { address: one.address.slice(0, 64) })}`} ${refusedRemedy(one)}</p>
    </div>`,
    )}
  </div>`;
}

function times({ count: times, first, last, over, kind }: RefusedView, nowMs: number): string {
  if (over && kind === 'password') return `${when(times, first, last, nowMs)} ${t('gateway-page/refused.over')}`;
  return when(times, first, last, nowMs);
}

function when(times: number, first: string, last: string, nowMs: number): string {
  if (times === 1) return t('gateway-page/refused.once', { time: clockTime(last, nowMs) });
  const [begun, ended] = [clockTime(first, nowMs), clockTime(last, nowMs)];
  return t('gateway-page/refused.times', { count: times, first: begun, last: ended });
}

/** The badge beside a device's name; empty without a refusal. */
export function refusedNote(refused: readonly RefusedView[]): string {
  return refused.length === 0 ? '' : t('gateway-page/refused.count', { count: refused.length });
}
