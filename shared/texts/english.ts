/**
 * What a gateway says of itself, in English: the words that stand beside each `Message` of its status, and in its log.
 * A page shows the message in its reader's language instead.
 */
import { alarmEn } from './catalogue/alarm.en.ts';
import { commonEn } from './catalogue/common.en.ts';
import { gatewayEn } from './catalogue/gateway.en.ts';
import type { Message } from './message.ts';
import { type Arguments, message, type TextKey, type TextOf, texts } from './texts.ts';

const english = texts('en', { common: commonEn, gateway: gatewayEn, alarm: alarmEn });

/** Of a message that this program made: `message()` has checked its key and values. */
export function inEnglish(message: Message): string {
  return english.say(message, message.key);
}

/** A text in English, for what passes on words: `recognise` finds the message again. */
export function words<K extends TextKey<'gateway'>>(key: K, ...values: Arguments<TextOf<K>>): string {
  return inEnglish(message(key, ...values));
}
