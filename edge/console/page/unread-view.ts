/** The messages, keys and fields of one device that are not understood, and its mute rules. */
import type { DeviceStatus, DeviceUnread } from '@forpost/shared/event/status.ts';
import { html, nothing, type TemplateResult } from 'lit';
import { clockTime } from './format.ts';
import { say, t } from './texts.ts';
import { sentence } from './words.ts';

export function muteRulesView({ muteRules = [] }: DeviceStatus): TemplateResult | typeof nothing {
  if (muteRules.length === 0) return nothing;
  return html`<div class="letters">
    <h3>${t('gateway-page/devices.mute-rules')}</h3>
    ${muteRules.map(({ name, reason, reasonI18n }) => html`<p><strong>${name}</strong>: ${say(reasonI18n, reason)}</p>`)}
  </div>`;
}

export function unreadView({ unread }: DeviceStatus, nowMs: number): TemplateResult | typeof nothing {
  if (unread === undefined) return nothing;
  return html`<div class="letters">
    <h3>${t('gateway-page/devices.not-understood')}</h3>
    ${nothingOf(unread, nowMs)}
    ${
      unread.unknownKeys.length === 0
        ? nothing
        : html`<p>${t('gateway-page/devices.unknown-keys')} ${unread.unknownKeys.map((key, index) => html`${index === 0 ? '' : ', '}<code>${key}</code>`)}</p>`
    }
    ${unread.fields.map(
      ({ path, problem, problemI18n, count, at }) =>
        html`<p>${path === '' ? nothing : html`<code>${path}</code> `}${say(problemI18n, problem)}
          <span class="muted">${t('gateway-page/devices.times-last', { count, time: clockTime(at, nowMs) })}</span></p>`,
    )}
  </div>`;
}

function nothingOf(
  { messages, nothingUnderstood, newest }: DeviceUnread,
  nowMs: number,
): TemplateResult | typeof nothing {
  if (messages === 0) return nothing;
  const of = nothingUnderstood
    ? t('gateway-page/devices.understood-nothing', { count: messages })
    : t('gateway-page/devices.no-value', { count: messages });
  return html`<p><strong>${of}</strong></p>
    ${
      newest === undefined
        ? nothing
        : html`<div class="letter">
            <p class="muted">${t('gateway-page/devices.newest-at', { time: clockTime(newest.at, nowMs) })} · <code>${newest.topic}</code></p>
            ${newest.reason === undefined ? nothing : html`<p>${sentence(say(newest.reasonI18n, newest.reason))}</p>`}
            <pre>${newest.payload}</pre>
          </div>`
    }`;
}
