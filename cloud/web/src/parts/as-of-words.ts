/** The words beside a statement that does not show the present. Pure. */
import { dateTime } from '../format.ts';
import type { Old } from '../live/desk-state.ts';

/** "as of 10:04:12", "not known since the centre started". `now`: ms since 1970 */
export function asOfWords({ asOf }: Pick<Old, 'asOf'>, now: number): string {
  // of a time that is none nothing is known either
  return asOf === undefined || Number.isNaN(new Date(asOf).getTime())
    ? 'not known since the centre started'
    : `as of ${dateTime(new Date(asOf).toISOString(), now)}`;
}
