/** The sections of the uplinks and of the gateway itself: clock, store, version, problems. */
import type { UplinkStatus } from '@forpost/shared/event/status.ts';
import { html, nothing, type TemplateResult } from 'lit';
import type { ConsoleStatus } from '../view.ts';
import { bytes, clockTime, count, duration } from './format.ts';
import { badge, fact, section } from './parts.ts';
import { t } from './texts.ts';
import { budgetWords, problemSentences, storeWords, uplinkStateWords } from './words.ts';

export function uplinkView({ uplinks }: ConsoleStatus, nowMs: number): TemplateResult {
  const body =
    uplinks.length === 0
      ? html`<p class="card quiet">${t('gateway-page/uplink.off')}</p>`
      : uplinks.map((uplink) => {
          const state = uplinkStateWords(uplink, nowMs);
          return html`<div class="card uplink">
            <p class="uplink-head"><span class="name">${uplink.sink}</span>${badge(state)}</p>
            <p>${state.text}</p>
            ${budgetLine(uplink)}
          </div>`;
        });
  return section('uplink', t('gateway-page/uplink.title'), '', body);
}

function budgetLine(uplink: UplinkStatus): TemplateResult | typeof nothing {
  const { budget } = uplink;
  if (budget === undefined) return nothing;
  return html`<p class="quiet budget">
    <meter min="0" max=${budget.limit} value=${Math.min(budget.used, budget.limit)} aria-label=${t('gateway-page/uplink.budget-label')}></meter>
    ${budgetWords(uplink)}
  </p>`;
}

export function gatewayView(status: ConsoleStatus, nowMs: number): TemplateResult {
  const { outbox } = status;
  const synced = status.clock === 'synced';
  return section(
    'clock',
    t('gateway-page/clock.title'),
    '',
    html`<dl class="facts card">
      ${fact(
        t('gateway-page/clock.name'),
        html`${clockTime(status.at, nowMs)} ${badge(
          synced
            ? { tone: 'good', label: t('gateway-page/clock.synced') }
            : { tone: 'look', label: t('gateway-page/clock.unsynced') },
        )}`,
      )}
      ${fact(t('gateway-page/gateway.stored'), count(outbox.committedEvents))}
      ${fact(t('gateway-page/gateway.longest-write'), t('gateway-page/gateway.longest-write-ms', { ms: Math.round(outbox.longestCommitMs) }))}
      ${fact(t('gateway-page/gateway.store'), storeWords(outbox.fileBytes, outbox.room))}
      ${outbox.room.writtenBytesADay === null ? nothing : fact(t('gateway-page/gateway.written'), t('gateway-page/gateway.written-a-day', { size: bytes(outbox.room.writtenBytesADay) }))}
      ${outbox.room.shedEvents === 0 ? nothing : fact(t('gateway-page/gateway.shed'), t('gateway-page/gateway.shed-events', { count: outbox.room.shedEvents }))}
      ${fact(t('gateway-page/gateway.up-for'), duration(status.uptime))}
      ${status.place === undefined ? nothing : fact(t('gateway-page/devices.place'), status.place)}
      ${fact(t('gateway-page/gateway.version'), status.version)}
      ${fact(t('gateway-page/gateway.configuration'), html`<code>${status.revision.slice(0, 12)}</code>`)}
      ${fact(t('gateway-page/devices.id'), html`<code>${status.gateway}</code>`)}
    </dl>`,
  );
}

export function problemsView(status: ConsoleStatus): TemplateResult | typeof nothing {
  const problems = problemSentences(status);
  if (problems.length === 0) return nothing;
  return section(
    'problems',
    t('gateway-page/problems.title'),
    '',
    html`<ul class="card problems">${problems.map((problem) => html`<li>${problem}</li>`)}</ul>`,
  );
}
