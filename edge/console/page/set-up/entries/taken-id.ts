/** The id of a new entry: made of its name where nobody typed one, and whether it is taken, before the gateway is asked. */
import { idFromName } from '@forpost/shared/texts/id-from-name.ts';
import type { Values } from '../form/fields.ts';
import type { Mistake, SiteStore } from '../site-store.ts';
import { t } from '../texts.ts';

/** Devices, those behind bridges, bridges, consumers and cameras share one space of ids. */
function isInUse(site: SiteStore, id: string): boolean {
  const behind = site.entries('bridges').some(({ id: bridge }) => site.at(['bridges', String(bridge), 'devices', id]));
  return behind || ['devices', 'bridges', 'consumers', 'cameras'].some((one) => site.entry(one, id) !== undefined);
}

/** A free id of the name that is typed; none without a name. `section`: a space of ids of its own, as that of the rules. */
export function suggestedId(site: SiteStore, { name }: Values, section?: string): Values {
  const typed = String(name ?? '').trim();
  const isTaken = (id: string) => (section === undefined ? isInUse(site, id) : site.entry(section, id) !== undefined);
  return typed === '' ? {} : { id: idFromName(typed, isTaken, section === undefined ? 'device' : 'new') };
}

export function takenId(site: SiteStore, section: string, { id }: Values): readonly Mistake[] {
  const wanted = String(id ?? '').trim();
  const taken = isInUse(site, wanted);
  return taken ? [{ path: [section, wanted, 'id'], words: t('set-up/field.id-taken', { id: wanted }) }] : [];
}
