/** Which open alarms the list leaves out, in words: a gateway that floods has its share of the list and no more. */
import type { AlarmsAnswer } from '../../../alarms/schemas.ts';
import { countOf } from '../format.ts';

/** Named one by one; the rest as a number. */
const named = 3;

/** A sentence; '' where all are listed. `nameOf`: what people call a gateway. */
export function notListedWords(notListed: AlarmsAnswer['not_listed'], nameOf: (gateway: string) => string): string {
  if (notListed.length === 0) return '';
  const first = notListed
    .slice(0, named)
    .map(({ gateway, site, open }) => `${countOf(open, 'open alarm')} of ${nameOf(gateway)} (${site})`);
  const others = notListed.slice(named);
  const rest =
    others.length === 0
      ? []
      : [
          `${countOf(
            others.reduce((sum, { open }) => sum + open, 0),
            'open alarm',
          )} of ${countOf(others.length, 'other gateway')}`,
        ];
  const parts = [...first, ...rest];
  const last = parts.pop() ?? '';
  return `Not listed here: ${parts.length === 0 ? last : `${parts.join(', ')} and ${last}`}. Each gateway has an equal share of this list; what is acknowledged makes room.`;
}
