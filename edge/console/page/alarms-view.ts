/**
 * The section of alarms: active ones, and ended ones that wait for an acknowledgement. Each has its message, place and
 * time, and a button to acknowledge it. The earlier alarms are below.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ActiveAlarm } from '../view.ts';
import { type HeldAlarms, waitingWords } from './alarm-hold.ts';
import { clockTime, duration } from './format.ts';
import './earlier-alarms.ts';
import './evidence-view.ts';
import { section } from './parts.ts';
import { t } from './texts.ts';
import { acknowledgedWords, alarmMessage, alarmSummary, evidenceProblem, severityWords } from './words.ts';

export interface AlarmsViewParts {
  /** the alarms as shown (alarm-hold.ts) */
  readonly held: HeldAlarms;
  /** shows the alarms that came meanwhile */
  readonly showNew: () => void;
  /** device or camera id -> its name */
  readonly names: ReadonlyMap<string, string>;
  /** now, by the gateway's clock, ms since 1970 */
  readonly nowMs: number;
  /** ids of the alarms whose acknowledgement is on its way */
  readonly pending: ReadonlySet<string>;
  /** false: a viewer */
  readonly mayAct: boolean;
  readonly acknowledge: (alarm: string) => void;
}

export function alarmsView(parts: AlarmsViewParts): TemplateResult {
  const { held, showNew } = parts;
  const { rows, waiting } = held;
  const calm = waiting.length > 0 ? nothing : html`<p class="card quiet">${t('gateway-page/alarms.none')}</p>`;
  const body =
    rows.length === 0
      ? calm
      : html`<ul class="cards">${repeat(
          rows,
          ({ alarm }) => alarm.alarm,
          ({ alarm, gone }) => card(alarm, gone, parts),
        )}</ul>`;
  const alarms = [...rows.filter(({ gone }) => !gone).map(({ alarm }) => alarm), ...waiting];
  const note = alarms.length === 0 ? '' : String(alarms.length);
  const active = alarms.map(({ alarm }) => alarm).join('\n');
  const newAlarms =
    waiting.length === 0
      ? nothing
      : html`<div class="alarms-new"><button class="primary" @click=${showNew}>${waitingWords(waiting)}</button></div>`;
  return section(
    'alarms',
    t('gateway-page/alarms.title'),
    note,
    html`${newAlarms}${body}<forpost-earlier-alarms .names=${parts.names} .nowMs=${parts.nowMs} .active=${active}></forpost-earlier-alarms>`,
  );
}

function card(
  alarm: ActiveAlarm,
  gone: boolean,
  { names, nowMs, pending, mayAct, acknowledge }: AlarmsViewParts,
): TemplateResult {
  const lasted = alarm.active ? Math.max(0, nowMs - Date.parse(alarm.since)) : (alarm.duration_ms ?? 0);
  const since = clockTime(alarm.since, nowMs);
  const when = alarm.active
    ? t('gateway-page/alarms.active-since', { time: since, duration: duration(lasted) })
    : t('gateway-page/alarms.over-lasted', { time: since, duration: duration(lasted) });
  const times = alarm.count > 1 ? `, ${t('gateway-page/alarms.times', { count: alarm.count })}` : '';
  // the button is gone afterwards: the alarm keeps the focus
  return html`<li class="card alarm-card ${alarm.severity}" tabindex="-1">
    <div class="alarm-text">
      <p class="kind">
        <strong>${severityWords[alarm.severity]}</strong>
        ${alarm.test ? html`<span class="tag">${t('gateway-page/alarms.test')}</span>` : nothing}
        ${alarm.active ? nothing : html`<span class="tag">${t('gateway-page/alarms.over')}</span>`}
      </p>
      <p class="message">${alarm.active ? alarmMessage(alarm) : alarmSummary(alarm)}</p>
      <p class="muted">
        ${names.get(alarm.device) ?? alarm.device}${alarm.place === undefined ? '' : `, ${alarm.place}`} ·
        ${when}${times}
      </p>
      ${alarm.active ? nothing : html`<p class="muted">${t('gateway-page/alarms.ended-with', { message: alarmMessage(alarm) })}</p>`}
      ${worst(alarm)}
      ${alarm.evidence_problem === undefined ? nothing : html`<p class="muted">${evidenceProblem(alarm)}</p>`}
      ${alarm.evidence.length === 0 ? nothing : html`<forpost-evidence .items=${alarm.evidence}></forpost-evidence>`}
    </div>
    ${
      gone
        ? html`<span class="acknowledged">${t('gateway-page/alarms.over-and-acknowledged')}</span>`
        : alarm.acknowledged
          ? html`<span class="acknowledged">${acknowledgedWords(alarm, nowMs)}</span>`
          : !mayAct
            ? html`<span class="muted">${t('gateway-page/alarms.not-acknowledged')}</span>`
            : html`<button
            class="primary"
            ?disabled=${pending.has(alarm.alarm)}
            @click=${(event: MouseEvent) => {
              if (event.detail === 0) (event.currentTarget as HTMLElement).closest('li')?.focus();
              acknowledge(alarm.alarm);
            }}
          >
            ${t('gateway-page/alarms.acknowledge')}
          </button>`
    }
  </li>`;
}

/** The summary of an active alarm whose value became worse after it was raised. */
function worst(alarm: ActiveAlarm): TemplateResult | typeof nothing {
  const { active, summary, message } = alarm;
  if (!active || summary === undefined || summary === message) return nothing;
  return html`<p class="muted">${t('gateway-page/alarms.worst-so-far', { summary: alarmSummary(alarm) })}</p>`;
}
