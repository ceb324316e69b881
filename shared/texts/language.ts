/**
 * Chooses a person's language: an explicit choice, else the browser's first language that Forpost has, else English. Pure;
 * browser-language.ts stores a choice in the browser.
 */
export const languages = ['en', 'ru'] as const;
export type Language = (typeof languages)[number];

/** Each language's own name, because people look for that. */
export const languageNames: Readonly<Record<Language, string>> = { en: 'English', ru: 'Русский' };

const locales: Readonly<Record<Language, string>> = { en: 'en-GB', ru: 'ru-RU' };

/** BCP 47, for `Intl`. English with the day before the month and 24 hours. */
export function localeOf(language: Language): string {
  return locales[language];
}

export function isLanguage(text: unknown): text is Language {
  return languages.some((language) => language === text);
}

/** `preferred`: language tags, the best first (`navigator.languages`): "ru-KZ" is Russian. */
export function languageOf(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const primary = tag.toLowerCase().split('-', 1)[0];
    if (isLanguage(primary)) return primary;
  }
  return 'en';
}

/** Tags of a header beyond this number are ignored. */
const mostTags = 20;

/** From a request's Accept-Language (RFC 9110, section 12.5.4): `ru;q=0.9, en;q=0.8`. */
export function languageOfHeader(header: string | undefined): Language {
  const tags = (header ?? '')
    .split(',', mostTags)
    .map((entry) => {
      const [tag = '', ...parameters] = entry.split(';').map((text) => text.trim());
      const weight = parameters.find((one) => /^q=/i.test(one))?.slice(2);
      return { tag, weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0);
  return languageOf(tags.sort((a, b) => b.weight - a.weight).map(({ tag }) => tag));
}
