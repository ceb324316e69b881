/** What others changed while a form was open, and what to do with one's own input. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Conflict } from '../site-store.ts';
import { t } from '../texts.ts';
import type { Field } from './fields.ts';

export interface ConflictViewParts {
  readonly conflict: Conflict;
  /** fields that both have changed, with both values */
  readonly both: readonly { readonly field: Field; readonly theirs: unknown; readonly mine: unknown }[];
  readonly busy: boolean;
  readonly keepMine: () => void;
  readonly dropMine: () => void;
  readonly takeUp: () => void;
}

export function conflictView({ conflict, both, busy, keepMine, dropMine, takeUp }: ConflictViewParts): TemplateResult {
  const { by, changes, byHand } = conflict;
  const title = byHand
    ? t('set-up/conflict.by-hand')
    : by === ''
      ? t('set-up/conflict.meanwhile')
      : t('set-up/conflict.meanwhile-by', { name: by });
  return html`<div class="conflict" role="alert" tabindex="-1">
    <p><strong>${title}</strong></p>
    ${changes.length === 0 ? nothing : html`<ul>${changes.map((change) => html`<li>${change}</li>`)}</ul>`}
    ${
      both.length === 0
        ? nothing
        : html`<dl>${both.map(
            ({ field, theirs, mine }) => html`<dt>${field.label}</dt>
              <dd>${t('set-up/conflict.theirs', { value: shown(theirs) })}</dd><dd>${t('set-up/conflict.mine', { value: shown(mine) })}</dd>`,
          )}</dl>`
    }
    <div class="form-buttons">
      ${
        byHand
          ? html`<button type="button" class="primary" ?disabled=${busy} @click=${takeUp}>${t('set-up/conflict.take-up')}</button>`
          : html`<button type="button" class="primary" ?disabled=${busy} @click=${keepMine}>${both.length === 0 ? t('set-up/conflict.save-too') : t('set-up/conflict.keep-mine')}</button>`
      }
      <button type="button" class="plain" ?disabled=${busy} @click=${dropMine}>${t('set-up/conflict.drop-mine')}</button>
    </div>
  </div>`;
}

function shown(value: unknown): string {
  if (value === undefined || value === '') return t('set-up/conflict.nothing');
  if (typeof value === 'boolean') return value ? t('set-up/form.yes') : t('set-up/form.no');
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
