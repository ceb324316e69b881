/**
 * Translates a notification into the language of its readers.
 *
 * Always: where the gateway sent no message of the catalogue, or an unknown key, people read the gateway's own words.
 */
import { catalogue } from '@forpost/shared/texts/catalogue/all.ts';
import { inEnglish, isKnown, type SentenceFields } from '@forpost/shared/texts/english.ts';
import { type Language, languages } from '@forpost/shared/texts/language.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { type Texts, texts } from '@forpost/shared/texts/texts.ts';
import type { Notification } from './channel.ts';

const byLanguage = new Map<Language, Texts>(
  languages.map((language) => [language, texts(language, catalogue[language])]),
);

/**
 * A message that embeds a message of the gateway. `values` embeds the gateway's message by key; `plain` holds the same
 * values with the gateway's own words, for an English sentence that is complete even where that key is unknown.
 */
export function messageAround(
  key: string,
  values: NonNullable<Message['values']>,
  plain: NonNullable<Message['values']>,
): SentenceFields {
  const known = Object.entries(values).map(([name, value]) => {
    // a message of a newer gateway: its words stand in the sentence, which is complete in every language
    const isNewer = typeof value === 'object' && 'key' in value && !isKnown(value);
    return [name, isNewer ? (plain[name] ?? '') : value] as const;
  });
  return {
    message: inEnglish({ key, values: plain }),
    message_i18n: { key, values: Object.fromEntries(known) },
  };
}

/** The notification as the channel sends it: in one language, without the keys of the catalogue. */
export function inLanguage(notification: Notification, language: Language): Notification {
  const { say } = textsIn(language);
  const { message_i18n: message, summary_i18n: summary, ...sent } = notification;
  return {
    ...sent,
    message: say(message, sent.message),
    ...(sent.summary === undefined ? {} : { summary: say(summary, sent.summary) }),
    language,
  };
}

function textsIn(language: Language): Texts {
  const found = byLanguage.get(language);
  if (found === undefined) throw new RangeError(`there are no texts in "${language}"`);
  return found;
}
