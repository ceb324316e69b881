/** What is known of an unknown client, in words: what the decoders make of it, who it says it is, what it sends. */
import { html, nothing, type TemplateResult } from 'lit';
import type { JudgementView, KnockerView } from '../../../view.ts';
import { measure } from '../../format.ts';
import { formats, say, t } from '../texts.ts';

const certain = 0.9;
const likely = 0.6;
const mostValues = 6;

/** What the surest decoder recognises, with the values that it reads. */
export function judgementWords({ judgements, claims, topics }: KnockerView): TemplateResult {
  const [surest] = judgements;
  return html`${
    surest === undefined
      ? html`<p>${topics.length === 0 ? t('set-up/pairing.silent') : t('set-up/pairing.unrecognised')}</p>`
      : html`<p><strong>${recognisedAs(surest)}</strong></p>${valuesOf(surest)}`
  }
  ${claims === null ? nothing : html`<p class="bad">${t('set-up/pairing.claims', { name: claims.name })}</p>`}`;
}

function recognisedAs({ about, sure, model, section }: JudgementView): string {
  const what = model === null ? about : `${model} (${about})`;
  const kind = section === 'bridges' ? t('set-up/pairing.a-bridge', { what }) : what;
  if (sure >= certain) return t('set-up/pairing.is', { what: kind });
  return sure >= likely ? t('set-up/pairing.likely', { what: kind }) : t('set-up/pairing.perhaps', { what: kind });
}

function valuesOf({ values, refused, reason, reasonI18n }: JudgementView): TemplateResult {
  const shown = values.slice(0, mostValues).map(({ name, value }) => {
    // the name of a device behind a bridge may have slashes, a metric has none
    const cut = name.lastIndexOf('/');
    const channel = cut < 0 ? '' : `${name.slice(0, cut)} `;
    const { label, text } = measure(name.slice(cut + 1), value);
    return html`<div class="fact"><dt>${channel}${label}</dt><dd>${text}</dd></div>`;
  });
  return html`${shown.length === 0 ? nothing : html`<dl class="facts">${shown}</dl>`}
    ${refused === 0 || reason === null ? nothing : html`<p class="muted">${t('set-up/pairing.unreadable', { reason: say(reasonI18n, reason) })}</p>`}`;
}

/** Who it says it is, how often it was refused before, and its messages. */
export function factsOf(knocker: KnockerView, nowMs: number): TemplateResult {
  const { address, clientId, user, encrypted, refusedBefore, connected, last, topics, moreTopics } = knocker;
  const none = t('set-up/pairing.none');
  return html`<dl class="facts">
      <div class="fact"><dt>${t('set-up/pairing.address')}</dt><dd>${address}</dd></div>
      <div class="fact"><dt>${t('set-up/pairing.client-id')}</dt><dd>${clientId === '' ? none : clientId}</dd></div>
      <div class="fact"><dt>${t('set-up/credential.user')}</dt><dd>${user ?? none}</dd></div>
    </dl>
    <p class="muted">
      ${connected ? nothing : t('set-up/pairing.gone', { time: formats.clockTime(last, nowMs) })}
      ${encrypted ? nothing : t('set-up/pairing.in-clear')}
      ${refusedBefore === 0 ? nothing : t('set-up/pairing.refused-before', { count: refusedBefore })}
    </p>
    ${
      topics.length === 0
        ? nothing
        : html`<details class="knocker-topics"><summary>${t('set-up/pairing.messages', { count: topics.length })}</summary>
      <ul>${topics.map(({ topic, begin, count }) => html`<li><code>${topic}</code> <span class="muted">${count} ×</span><pre>${begin}</pre></li>`)}</ul>
      ${moreTopics === 0 ? nothing : html`<p class="muted">${t('set-up/pairing.more-topics', { count: moreTopics })}</p>`}
    </details>`
    }`;
}
