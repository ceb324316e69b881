/** What an alarm says, in the reader's language where its sender sent it as a message too. Pure. */
import type { AlarmView } from '../../../alarms/schemas.ts';
import type { PageTexts } from '../texts/page-texts.ts';

/** What is so now. */
export function alarmMessage(
  { say }: PageTexts,
  { message, message_i18n: text }: Pick<AlarmView, 'message' | 'message_i18n'>,
): string {
  return say(text, message);
}

/** What the alarm is about, also when it is over. */
export function alarmSummary(
  texts: PageTexts,
  alarm: Pick<AlarmView, 'message' | 'message_i18n' | 'summary' | 'summary_i18n'>,
): string {
  return alarm.summary === undefined ? alarmMessage(texts, alarm) : texts.say(alarm.summary_i18n, alarm.summary);
}
