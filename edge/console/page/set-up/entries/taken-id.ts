/** Tells whether a new entry's id is taken, before the gateway is asked. */
import type { Values } from '../form/fields.ts';
import type { Mistake, SiteStore } from '../site-store.ts';
import { t } from '../texts.ts';

/** Devices, those behind bridges, bridges, consumers and cameras share one space of ids. */
export function takenId(site: SiteStore, section: string, { id }: Values): readonly Mistake[] {
  const wanted = String(id ?? '').trim();
  const behind = site
    .entries('bridges')
    .some(({ id: bridge }) => site.at(['bridges', String(bridge), 'devices', wanted]));
  const taken =
    behind || ['devices', 'bridges', 'consumers', 'cameras'].some((one) => site.entry(one, wanted) !== undefined);
  return taken ? [{ path: [section, wanted, 'id'], words: t('set-up/field.id-taken', { id: wanted }) }] : [];
}
