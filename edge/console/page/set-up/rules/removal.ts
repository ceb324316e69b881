/** Removing an entry of the site: asked once more, with what ends then. */
import { html, nothing, type TemplateResult } from 'lit';
import type { EditPath } from '../../../view.ts';
import type { SiteStore } from '../site-store.ts';
import { t as ofSetUp } from '../texts.ts';
import { t } from './texts.ts';

export interface RemovalParts {
  readonly site: SiteStore;
  readonly path: EditPath;
  readonly label: string;
  /** alarms that end with it, in words */
  readonly ends: readonly string[];
  readonly isAsked: boolean;
  readonly ask: (asked: boolean) => void;
  readonly removed: () => void;
  readonly failed: (why: string) => void;
}

export function removal(parts: RemovalParts): TemplateResult {
  const { label, ends, isAsked, ask } = parts;
  if (!isAsked)
    return html`<p class="form-buttons"><button type="button" class="plain" @click=${() => ask(true)}>${label}</button></p>`;
  return html`<div class="card quiet" role="alertdialog" aria-label=${label}>
    <p>${ends.length === 0 ? t('rule/page.ends-nothing') : t('rule/page.ends', { count: ends.length })}</p>
    ${ends.length === 0 ? nothing : html`<ul>${ends.map((one) => html`<li>${one}</li>`)}</ul>`}
    <div class="form-buttons">
      <button type="button" class="primary" @click=${() => void remove(parts)}>${label}</button>
      <button type="button" class="plain" @click=${() => ask(false)}>${t('rule/page.keep')}</button>
    </div>
  </div>`;
}

async function remove({ site, path, ask, removed, failed }: RemovalParts): Promise<void> {
  try {
    const answer = await site.save([{ remove: path }], { seen: site.revision.sha256 });
    ask(false);
    if ('saved' in answer) removed();
    else if ('mistakes' in answer) failed(answer.mistakes.map(({ words }) => words).join('; '));
    else failed(answer.conflict.changes.join('; ') || ofSetUp('set-up/conflict.meanwhile'));
  } catch (error) {
    failed(error instanceof Error ? error.message : String(error));
  }
}
