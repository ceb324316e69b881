/** The line on top: whether an installer may leave. Each point leads to its section. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Summary } from '../view.ts';
import { bellIcon, checkIcon, lookIcon } from './icons.ts';

const icons = { well: checkIcon, attention: lookIcon, alarm: bellIcon } as const;

export function summaryView(summary: Summary): TemplateResult {
  // the alarms themselves stand right below, with their buttons
  const told = summary.level === 'alarm' ? summary.points.filter(({ area }) => area !== 'alarms') : summary.points;
  const points = told.map(({ area, text }) => html`<li><a href="#${area}">${text}</a></li>`);
  return html`<div class="summary ${summary.level}" role="status">
    <span class="round">${icons[summary.level]()}</span>
    <div>
      <p class="headline">${summary.headline}</p>
      ${points.length === 0 ? nothing : html`<ul>${points}</ul>`}
    </div>
  </div>`;
}
