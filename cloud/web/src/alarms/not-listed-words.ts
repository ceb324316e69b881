/** Which open alarms the list leaves out, in words: a gateway that floods has its share of the list and no more. */
import type { AlarmsAnswer } from '../../../alarms/schemas.ts';
import type { PageTexts } from '../texts/page-texts.ts';

/** Named one by one; the rest as a number. */
const named = 3;

/** A sentence; '' where all are listed. `nameOf`: what people call a gateway. */
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
