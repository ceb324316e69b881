/** The line on top: whether an installer may leave, and of when that is. Each point leads to its section. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Summary } from '../view.ts';
import { plural } from './format.ts';
import { bellIcon, checkIcon, lookIcon } from './icons.ts';

const icons = { well: checkIcon, attention: lookIcon, alarm: bellIcon } as const;

/** `asOf`: the gateway does not answer, and this was so then. */
export function summaryView(summary: Summary, asOf?: string): TemplateResult {
  const list = (points: Summary['points']) =>
    html`<ul>${points.map(({ area, text }) => html`<li><a href="#${area}">${text}</a></li>`)}</ul>`;
  // what was well then may not be now
  const [level, headline] =
    asOf === undefined
      ? [summary.level, summary.headline]
      : (['unknown', `Not known since ${asOf}. Then: ${summary.headline}`] as const);
  return html`<div class="summary ${level}">
    <span class="round">${level === 'unknown' ? lookIcon() : icons[level]()}</span>
    <div>
      <p class="headline" role="status">${headline}</p>
      ${summary.level === 'alarm' ? others(summary, list) : summary.points.length === 0 ? nothing : list(summary.points)}
    </div>
  </div>`;
}

/** The alarms stand right below with their buttons: what else is the matter must not push them off a phone. */
function others({ points }: Summary, list: (points: Summary['points']) => TemplateResult): unknown {
  const other = points.filter(({ area }) => area !== 'alarms');
  if (other.length === 0) return nothing;
  return html`<details><summary>${plural(other.length, 'other thing')} to look at</summary>${list(other)}</details>`;
}
