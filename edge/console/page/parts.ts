/** Small pieces that several sections of the page share. */
import { html, nothing, type TemplateResult } from 'lit';
import { t } from './texts.ts';
import type { StateWords, Tone } from './words.ts';

export function badge({ tone, label }: Pick<StateWords, 'tone' | 'label'>): TemplateResult {
  return html`<span class="badge ${tone}"><span class="dot" aria-hidden="true"></span>${label}</span>`;
}

export function section(id: string, title: string, note: string, body: unknown): TemplateResult {
  return html`<section id=${id} aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}${note === '' ? nothing : html` <span class="note">${note}</span>`}</h2>
    ${body}
  </section>`;
}

/** A section of the page. Where `draw` throws, the section shows an error in its place, and the others are drawn. */
export function guarded(id: string, title: string, draw: () => TemplateResult): TemplateResult {
  try {
    return draw();
  } catch (error) {
    console.error(`${title}:`, error);
    const why = error instanceof Error ? error.message : String(error);
    return section(
      id,
      title,
      '',
      html`<p class="card" role="alert">${t('gateway-page/part-failed', { why: why.slice(0, 200) })}</p>`,
    );
  }
}

/** One line of a list of facts. */
export function fact(name: string, value: unknown, tone: Tone = 'plain'): TemplateResult {
  return html`<div class="fact ${tone}"><dt>${name}</dt><dd>${value}</dd></div>`;
}
