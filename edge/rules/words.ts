/** The texts of the rules' messages in the site's language. Each language's texts are built once and kept. */
import { alarmEn } from '@forpost/shared/texts/catalogue/alarm.en.ts';
import { alarmRu } from '@forpost/shared/texts/catalogue/alarm.ru.ts';
import { commonEn } from '@forpost/shared/texts/catalogue/common.en.ts';
import { commonRu } from '@forpost/shared/texts/catalogue/common.ru.ts';
import { gatewayEn } from '@forpost/shared/texts/catalogue/gateway.en.ts';
import { gatewayRu } from '@forpost/shared/texts/catalogue/gateway.ru.ts';
import type { Language } from '@forpost/shared/texts/language.ts';
import { texts } from '@forpost/shared/texts/texts.ts';
import type { AlarmWords } from './rule.ts';

const parts = {
  en: { common: commonEn, alarm: alarmEn, gateway: gatewayEn },
  ru: { common: commonRu, alarm: alarmRu, gateway: gatewayRu },
} as const;
const known = new Map<Language, AlarmWords>();

export function wordsOf(language: Language = 'en'): AlarmWords {
  const made = known.get(language);
  if (made !== undefined) return made;
  const words = texts(language, parts[language]);
  // the first alarm does not wait for its texts to be parsed
  words.prepare('alarm');
  words.prepare('common');
  known.set(language, words);
  return words;
}
