/**
 * The two sentences of an alarm, each with its message for readers of another language: what happened last (`message`)
 * and what the alarm is about (`summary`). Pure.
 *
 * Always: a sentence and its message are passed on together. A sentence that the installer wrote has no message, so a
 * message never outlives the sentence that it belongs to.
 */
import type { AlertData } from '@forpost/shared/event/event.ts';
import type { ActiveAlarm } from './alarm.ts';

export type AlarmText = Pick<ActiveAlarm, 'message' | 'messageI18n'>;
export type About = Pick<ActiveAlarm, 'summary' | 'summaryI18n'>;

export function alarmTextOf({ message, messageI18n }: AlarmText): AlarmText {
  return messageI18n === undefined ? { message } : { message, messageI18n };
}

/** Nothing where there is no summary. */
export function aboutOf({ summary, summaryI18n }: About): About {
  if (summary === undefined) return {};
  return summaryI18n === undefined ? { summary } : { summary, summaryI18n };
}

/** The summary of an alarm that has none: its message. */
export function summaryFromText({ message, messageI18n }: AlarmText): About {
  return messageI18n === undefined ? { summary: message } : { summary: message, summaryI18n: messageI18n };
}

/** Without its sentences, to be given others. */
export function withoutText<T extends AlarmText>({ message: _text, messageI18n: _message, ...alarm }: T) {
  return alarm;
}

export function withoutSummary<T extends About>({ summary: _text, summaryI18n: _message, ...alarm }: T) {
  return alarm;
}

export function alarmTextOfData({ message, message_i18n: messageI18n }: AlertData): AlarmText {
  return messageI18n === undefined ? { message } : { message, messageI18n };
}

export function summaryOfData({ summary, summary_i18n: summaryI18n }: AlertData): About {
  if (summary === undefined) return {};
  return summaryI18n === undefined ? { summary } : { summary, summaryI18n };
}
