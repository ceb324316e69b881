/** Unknown clients that were refused outside of the window: they are why an installer opens it. */
import { html, nothing, type TemplateResult } from 'lit';
import type { RefusedView } from '../../../view.ts';
import { refusedClient, refusedInWords } from '../../refused-words.ts';
import { formats, t } from '../texts.ts';

const mostShown = 10;

export function refusedClients(refused: readonly RefusedView[], nowMs: number): TemplateResult | typeof nothing {
  const knocked = refused.filter(({ kind, over }) => (kind === 'stranger' || kind === 'password') && !over);
  if (knocked.length === 0) return nothing;
  return html`<section class="pairing-refused">
    <h3>${t('set-up/pairing.refused-title')}</h3>
    <p class="muted">${t('set-up/pairing.refused-about')}</p>
    <ul class="rows card">${knocked.slice(0, mostShown).map(
      (one) => html`<li class="refused">
        <p><strong>${refusedClient(one)}</strong> ${refusedInWords(one)}.</p>
        <p class="muted">${t('set-up/pairing.refused-times', { count: one.count, time: formats.clockTime(one.last, nowMs) })}</p>
      </li>`,
    )}</ul>
  </section>`;
}
