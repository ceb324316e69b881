/** A sentence about open alarms that the list leaves out, because a gateway that floods gets only its share of the list. */
import type { AlarmsAnswer } from '../../../alarms/schemas.ts';
import type { PageTexts } from '../texts/page-texts.ts';

/** Most gateways that the sentence names; it counts the rest. */
const named = 3;

/** The sentence; '' where all alarms are listed. `nameOf`: a gateway's display name. */
export function notListedWords(
  { t, list }: PageTexts,
  notListed: AlarmsAnswer['not_listed'],
  nameOf: (gateway: string) => string,
): string {
  if (notListed.length === 0) return '';
  const words = notListed
    .slice(0, named)
    .map(({ gateway, site, open }) => t('centre-page/alarms.open-of', { count: open, gateway: nameOf(gateway), site }));
  const others = notListed.slice(named);
  if (others.length > 0) {
    const count = others.reduce((sum, { open }) => sum + open, 0);
    words.push(t('centre-page/alarms.open-of-others', { count, gateways: others.length }));
  }
  return t('centre-page/alarms.not-listed', { list: list(words) });
}
