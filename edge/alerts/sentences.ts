/**
 * The two sentences of an alarm, each with its message for readers of another language: what happened last (`message`)
 * and what the alarm is about (`summary`). Pure.
 *
 * Always: a sentence and its message are passed on together. A sentence that the installer wrote has no message, so a
 * message never outlives the sentence that it belongs to.
 */
import type { AlertData } from '@forpost/shared/event/event.ts';
import type { ActiveAlarm } from './alarm.ts';

export type Says = Pick<ActiveAlarm, 'message' | 'messageI18n'>;
export type About = Pick<ActiveAlarm, 'summary' | 'summaryI18n'>;

export function saysOf({ message, messageI18n }: Says): Says {
  return messageI18n === undefined ? { message } : { message, messageI18n };
}

/** Nothing where there is no summary. */
export function aboutOf({ summary, summaryI18n }: About): About {
  if (summary === undefined) return {};
  return summaryI18n === undefined ? { summary } : { summary, summaryI18n };
}

/** The summary of an alarm that has none: its message. */
export function aboutBySays({ message, messageI18n }: Says): About {
  return messageI18n === undefined ? { summary: message } : { summary: message, summaryI18n: messageI18n };
}

/** Without its sentences, to be given others. */
export function withoutSays<T extends Says>({ message: _text, messageI18n: _message, ...alarm }: T) {
  return alarm;
}

export function withoutAbout<T extends About>({ summary: _text, summaryI18n: _message, ...alarm }: T) {
  return alarm;
}

export function saysOfData({ message, message_i18n: messageI18n }: AlertData): Says {
  return messageI18n === undefined ? { message } : { message, messageI18n };
}

export function aboutOfData({ summary, summary_i18n: summaryI18n }: AlertData): About {
  if (summary === undefined) return {};
  return summaryI18n === undefined ? { summary } : { summary, summaryI18n };
}
