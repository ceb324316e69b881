/** The area of backups. */
import { html, type TemplateResult } from 'lit';
import type { AreaModule, AreaParts } from '../area.ts';
import { heading } from '../parts.ts';
import { t } from '../texts.ts';
import './backup-form.ts';

export const { view }: AreaModule = {
  view({ status }: AreaParts): TemplateResult {
    return html`${heading(t('set-up/backup.title'))}<forpost-backup .gateway=${status.gateway}></forpost-backup>`;
  },
};
