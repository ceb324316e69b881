/**
 * Loads the page's texts of one language. Each language is a file of its own in the built page, and only the one that
 * the person reads is loaded: first the page's own texts, and when the page stands those of what gateways and the centre
 * send. Until they are here, a message is shown in the words that came with it.
 */
import type { Language } from '@forpost/shared/texts/language.ts';
import { type PageTexts, pageTexts } from './page-texts.ts';

const files = {
  en: { own: () => import('./parts-en.ts'), sent: () => import('./sent-en.ts') },
  ru: { own: () => import('./parts-ru.ts'), sent: () => import('./sent-ru.ts') },
} satisfies Record<Language, unknown>;

/** The page's own texts. @throws what the browser says where the file cannot be loaded */
export async function loadTexts(language: Language): Promise<PageTexts> {
  const { parts } = await files[language].own();
  return pageTexts(language, parts);
}

/** The same with the texts of what is sent. @throws what the browser says where a file cannot be loaded */
export async function loadAllTexts(language: Language): Promise<PageTexts> {
  const [{ parts }, { sent }] = await Promise.all([files[language].own(), files[language].sent()]);
  return pageTexts(language, { ...parts, ...sent });
}
