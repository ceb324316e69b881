/** The words beside a statement that does not show the present. Pure. */
import type { Old } from '../live/desk-state.ts';
import type { PageTexts } from '../texts/page-texts.ts';

/** "as of 10:04:12", "not known since the centre started". `now`: ms since 1970 */
export function asOfWords(texts: PageTexts, { asOf }: Pick<Old, 'asOf'>, now: number): string {
  // a time that is not a number says nothing
  return asOf === undefined || Number.isNaN(new Date(asOf).getTime())
    ? texts.t('centre-page/as-of.never')
    : texts.t('centre-page/as-of.time', { time: texts.dateTime(new Date(asOf).toISOString(), now) });
}

/** Why the page does not show the present, in the reader's language where the centre said it as a message. */
export function whyOld(texts: PageTexts, { why, whyText }: Pick<Old, 'why' | 'whyText'>): string {
  return texts.say(whyText, why);
}
