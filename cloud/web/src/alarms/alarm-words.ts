/** An alarm's texts, in the page's language where the sender sent a message of the catalogue too. Pure. */
import type { AlarmView } from '../../../alarms/schemas.ts';
import type { PageTexts } from '../texts/page-texts.ts';

/** The present state. */
export function alarmMessage(
  { say }: PageTexts,
  { message, message_i18n: text }: Pick<AlarmView, 'message' | 'message_i18n'>,
): string {
  return say(text, message);
}

/** The alarm's summary, also when it is over. */
export function alarmSummary(
  texts: PageTexts,
  alarm: Pick<AlarmView, 'message' | 'message_i18n' | 'summary' | 'summary_i18n'>,
): string {
  return alarm.summary === undefined ? alarmMessage(texts, alarm) : texts.say(alarm.summary_i18n, alarm.summary);
}
