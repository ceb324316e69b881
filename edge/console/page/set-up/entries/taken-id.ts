/** Tells whether a new entry's id is taken, before the gateway is asked. */
import type { Values } from '../form/fields.ts';
import type { Mistake, SiteStore } from '../site-store.ts';
import { t } from '../texts.ts';

/** Devices, bridges, consumers and cameras share one space of ids. */
export function takenId(site: SiteStore, section: string, { id }: Values): readonly Mistake[] {
  const wanted = String(id ?? '').trim();
  const taken = ['devices', 'bridges', 'consumers', 'cameras'].some((one) => site.entry(one, wanted) !== undefined);
  return taken ? [{ path: [section, wanted, 'id'], words: t('set-up/field.id-taken', { id: wanted }) }] : [];
}
