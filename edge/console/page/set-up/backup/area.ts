/** The area of backups: making one of this gateway, and making this box the gateway of one. */
import { html, type TemplateResult } from 'lit';
import type { AreaModule, AreaParts } from '../area.ts';
import { heading } from '../parts.ts';
import { t } from '../texts.ts';
import './backup-form.ts';
import './restore-form.ts';

export const { view }: AreaModule = {
  view({ status, site, nowMs }: AreaParts): TemplateResult {
    return html`${heading(t('set-up/backup.title'))}<forpost-backup .gateway=${status.gateway}></forpost-backup>
      <forpost-restore .nowMs=${nowMs} .devices=${site.entries('devices').length}></forpost-restore>`;
  },
};
