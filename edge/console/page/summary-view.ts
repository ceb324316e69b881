/** The line on top: whether an installer may leave. Each point leads to its section. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Summary } from '../view.ts';
import { plural } from './format.ts';
import { bellIcon, checkIcon, lookIcon } from './icons.ts';

const icons = { well: checkIcon, attention: lookIcon, alarm: bellIcon } as const;

export function summaryView(summary: Summary): TemplateResult {
  const list = (points: Summary['points']) =>
    html`<ul>${points.map(({ area, text }) => html`<li><a href="#${area}">${text}</a></li>`)}</ul>`;
  return html`<div class="summary ${summary.level}">
    <span class="round">${icons[summary.level]()}</span>
    <div>
      <p class="headline" role="status">${summary.headline}</p>
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
