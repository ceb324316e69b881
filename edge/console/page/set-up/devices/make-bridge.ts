/**
 * Turns a device into a bridge with the same id, log-in and rules, for a gateway of sensors that was taken in as a device.
 *
 * Always: one change of the document, so it is all or nothing, and the history can undo it.
 */
import { html, type TemplateResult } from 'lit';
import type { Fields } from '../../../view.ts';
import { entryForm } from '../form/form.ts';
import type { SiteStore } from '../site-store.ts';
import { t } from '../texts.ts';

/** `made`: after the gateway has made it a bridge. */
export function makeBridge(site: SiteStore, entry: Fields, made: () => void): TemplateResult {
  const id = String(entry.id);
  const spec = {
    key: `devices/${id}/bridge`,
    fields: [],
    isNew: true,
    save: t('set-up/bridges.make'),
    at: () => ['bridges', id],
    send: (_: unknown, options: Parameters<SiteStore['save']>[1]) =>
      site.save([{ remove: ['devices', id] }, { set: ['bridges', id], value: entry }], options),
  };
  return html`<details class="card removal"><summary>${t('set-up/bridges.make-ask')}</summary>
    <p>${t('set-up/bridges.make-what')}</p>
    ${entryForm(site, spec, made)}</details>`;
}
