/** The way to the centre, and the gateway itself: clock, store, version, and what is wrong with it. */
import type { UplinkStatus } from '@forpost/shared/event/status.ts';
import { html, nothing, type TemplateResult } from 'lit';
import type { ConsoleStatus } from '../view.ts';
import { bytes, clockTime, count, duration, plural } from './format.ts';
import { badge, fact, section } from './parts.ts';
import { sentence, tellBudget, tellRoom, tellUplink } from './words.ts';

export function uplinkView({ uplinks }: ConsoleStatus, nowMs: number): TemplateResult {
  const body =
    uplinks.length === 0
      ? html`<p class="card quiet">This site stays on its own: no centre is configured.</p>`
      : uplinks.map((uplink) => {
          const told = tellUplink(uplink, nowMs);
          return html`<div class="card uplink">
            <p class="uplink-head"><span class="name">${uplink.sink}</span>${badge(told)}</p>
            <p>${told.text}</p>
            ${budgetLine(uplink)}
          </div>`;
        });
  return section('uplink', 'Way to the centre', '', body);
}

function budgetLine(uplink: UplinkStatus): TemplateResult | typeof nothing {
  const { budget } = uplink;
  if (budget === undefined) return nothing;
  return html`<p class="quiet budget">
    <meter min="0" max=${budget.limit} value=${Math.min(budget.used, budget.limit)} aria-label="Used of today’s budget"></meter>
    ${tellBudget(uplink)}
  </p>`;
}

export function gatewayView(status: ConsoleStatus, nowMs: number): TemplateResult {
  const { outbox } = status;
  const synced = status.clock === 'synced';
  return section(
    'clock',
    'This gateway',
    '',
    html`<dl class="facts card">
      ${fact(
        'Clock',
        html`${clockTime(status.at, nowMs)} ${badge(
          synced ? { tone: 'good', label: 'In sync' } : { tone: 'look', label: 'Not confirmed' },
        )}`,
      )}
      ${fact('Stored events', count(outbox.committedEvents))}
      ${fact('Longest write', `${Math.round(outbox.longestCommitMs)} ms in the last minute`)}
      ${fact('Store', `${bytes(outbox.fileBytes)}${tellRoom(outbox.room)}`)}
      ${outbox.room.writtenBytesADay === null ? nothing : fact('Written', `${bytes(outbox.room.writtenBytesADay)} a day`)}
      ${outbox.room.shedEvents === 0 ? nothing : fact('Shed', `${plural(outbox.room.shedEvents, 'event')} for room`)}
      ${fact('Machine up for', duration(status.uptime))}
      ${status.place === undefined ? nothing : fact('Place', status.place)}
      ${fact('Version', status.version)}
      ${fact('Configuration', html`<code>${status.revision.slice(0, 12)}</code>`)}
      ${fact('Id', html`<code>${status.gateway}</code>`)}
    </dl>`,
  );
}

export function problemsView({ problems }: ConsoleStatus): TemplateResult | typeof nothing {
  if (problems.length === 0) return nothing;
  return section(
    'problems',
    'Problems',
    '',
    html`<ul class="card problems">${problems.map((problem) => html`<li>${sentence(problem)}.</li>`)}</ul>`,
  );
}
