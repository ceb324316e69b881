/**
 * What a gateway or the centre says, in English: the words that stand beside each `Message` of its status, its alarms and
 * its notifications, and in its log. A page shows the message in its reader's language instead.
 */
import { alarmEn } from './catalogue/alarm.en.ts';
import { centreEn } from './catalogue/centre.en.ts';
import { commonEn } from './catalogue/common.en.ts';
import { gatewayEn } from './catalogue/gateway.en.ts';
import { notificationEn } from './catalogue/notification.en.ts';
import type { Message } from './message.ts';
import { type Arguments, message, type TextKey, type TextOf, texts } from './texts.ts';

const english = texts('en', {
  ...{ common: commonEn, gateway: gatewayEn, alarm: alarmEn, centre: centreEn, notification: notificationEn },
});

/** Of a message that this program made: `message()` has checked its key and values. */
export function inEnglish(message: Message): string {
  return english.say(message, message.key);
}

/** A text in English, for what passes on words: `recognise` finds the message again. */
export function words<K extends TextKey<'gateway'>>(key: K, ...values: Arguments<TextOf<K>>): string {
  return inEnglish(message(key, ...values));
}

/** A sentence: its words, and the same as a message of the catalogue where there is one. */
export interface Said {
  readonly message: string;
  readonly message_i18n?: Message;
}

/** The sentence that a message is, with its English words. */
export function said(message: Message): Said {
  return { message: inEnglish(message), message_i18n: message };
}
