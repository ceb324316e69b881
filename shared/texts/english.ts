/**
 * The English words of a gateway or the centre: they stand beside each `Message` of a status, an alarm or a notification,
 * and in the log. A page shows the message in its reader's language instead.
 */
import { alarmEn } from './catalogue/alarm.en.ts';
import { centreEn } from './catalogue/centre.en.ts';
import { commonEn } from './catalogue/common.en.ts';
import { foreignEn } from './catalogue/foreign.en.ts';
import { gatewayEn } from './catalogue/gateway.en.ts';
import { mistakeEn } from './catalogue/mistake.en.ts';
import { notificationEn } from './catalogue/notification.en.ts';
import { reasonEn } from './catalogue/reason.en.ts';
import { ruleEn } from './catalogue/rule.en.ts';
import type { Message } from './message.ts';
import { type Arguments, message, type TextKey, type TextOf, texts } from './texts.ts';

const english = texts('en', {
  common: commonEn,
  gateway: gatewayEn,
  alarm: alarmEn,
  centre: centreEn,
  notification: notificationEn,
  reason: reasonEn,
  rule: ruleEn,
  foreign: foreignEn,
  mistake: mistakeEn,
});

/** The words of a message of this program: `message()` has checked its key and values. */
export function inEnglish(message: Message): string {
  return english.say(message, message.key);
}

declare const ofTheCatalogue: unique symbol;

/** English words of a text of the catalogue: `recognise` finds their message again. Other strings do not have this type. */
export type Words = string & { readonly [ofTheCatalogue]: true };

/** No words: all is well. */
export const noWords = '' as Words;

/** The English words of a text, to be passed on. `recognise` finds such texts (its list `recognised`). */
export function words<K extends TextKey<'gateway' | 'centre' | 'reason' | 'mistake'>>(
  key: K,
  ...values: Arguments<TextOf<K>>
): Words {
  return inEnglish(message(key, ...values)) as Words;
}

/** Whether this program can show the message, with all that it embeds. A newer program may send others. */
export function isKnown(message: Message): boolean {
  return english.say(message, unknown) !== unknown;
}
const unknown = '\0';

/** A sentence: its words, and its message when the catalogue has one. */
export interface SentenceFields {
  readonly message: string;
  readonly message_i18n?: Message;
}

/** The sentence of a message, with its English words. */
export function sentenceFields(message: Message): SentenceFields {
  return { message: inEnglish(message), message_i18n: message };
}
