/** The summary on top: whether the site is well, and as of when. Each point links to its section. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Summary } from '../view.ts';
import { attentionIcon, bellIcon, checkIcon } from './icons.ts';
import { say, t } from './texts.ts';

const icons = { well: checkIcon, attention: attentionIcon, alarm: bellIcon } as const;

/** `asOf`: time of the summary while the gateway does not answer; absent while it answers. */
export function summaryView(summary: Summary, asOf?: string): TemplateResult {
  const list = (points: Summary['points']) =>
    html`<ul>${points.map(({ area, text, textI18n }) => html`<li><a href="#${area}">${say(textI18n, text)}</a></li>`)}</ul>`;
  // an old summary does not say that all is well: the site may have changed since
  const now = say(summary.headlineI18n, summary.headline);
  const [level, headline] =
    asOf === undefined
      ? [summary.level, now]
      : (['unknown', t('gateway-page/summary.not-known', { time: asOf, headline: now })] as const);
  return html`<div class="summary ${level}">
    <span class="round">${level === 'unknown' ? attentionIcon() : icons[level]()}</span>
    <div>
      <p class="headline" role="status">${headline}</p>
      ${summary.level === 'alarm' ? others(summary, list) : summary.points.length === 0 ? nothing : list(summary.points)}
    </div>
  </div>`;
}

/** The other points, folded up: they must not push the alarms with their buttons, right below, off a phone's screen. */
function others({ points }: Summary, list: (points: Summary['points']) => TemplateResult): unknown {
  const other = points.filter(({ area }) => area !== 'alarms');
  if (other.length === 0) return nothing;
  return html`<details><summary>${t('gateway-page/summary.others', { count: other.length })}</summary>${list(other)}</details>`;
}
