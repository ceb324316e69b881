/** The note beside an outdated statement. Pure. */
import type { Old } from '../live/desk-state.ts';
import type { PageTexts } from '../texts/page-texts.ts';

/** "as of 10:04:12", "not known since the centre started". `now`: ms since 1970 */
export function asOfWords(texts: PageTexts, { asOf }: Pick<Old, 'asOf'>, now: number): string {
  // an invalid time is left out
  return asOf === undefined || Number.isNaN(new Date(asOf).getTime())
    ? texts.t('centre-page/as-of.never')
    : texts.t('centre-page/as-of.time', { time: texts.dateTime(new Date(asOf).toISOString(), now) });
}

/** Why the page is not live, in the page's language where the centre sent a message of the catalogue. */
export function whyOld(texts: PageTexts, { why, whyText }: Pick<Old, 'why' | 'whyText'>): string {
  return texts.say(whyText, why);
}
