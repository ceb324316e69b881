/**
 * Loads the page's texts of one language. The built page has one file for each language and loads only the language of the
 * user: first the page's own texts, then the texts of messages from gateways and the centre. Until the second part is
 * loaded, a message is shown in the words that came with it.
 */
import type { Language } from '@forpost/shared/texts/language.ts';
import { type PageTexts, pageTexts } from './page-texts.ts';

const files = {
  en: { own: () => import('./parts-en.ts'), sent: () => import('./sent-en.ts') },
  ru: { own: () => import('./parts-ru.ts'), sent: () => import('./sent-ru.ts') },
} satisfies Record<Language, unknown>;

/** The page's own texts. @throws the browser's error where the file cannot be loaded */
export async function loadTexts(language: Language): Promise<PageTexts> {
  const { parts } = await files[language].own();
  return pageTexts(language, parts);
}

/** The page's own texts and the texts of messages. @throws the browser's error where a file cannot be loaded */
export async function loadAllTexts(language: Language): Promise<PageTexts> {
  const [{ parts }, { sent }] = await Promise.all([files[language].own(), files[language].sent()]);
  return pageTexts(language, { ...parts, ...sent });
}
