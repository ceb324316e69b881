/**
 * Loads the page's texts of one language. Each language is a file of its own in the built page, and only the one that
 * the person reads is loaded.
 */
import type { Language } from '@forpost/shared/texts/language.ts';
import { type PageTexts, pageTexts } from './page-texts.ts';

const parts = {
  en: () => import('./parts-en.ts'),
  ru: () => import('./parts-ru.ts'),
} satisfies Record<Language, unknown>;

/** @throws what the browser says where the file cannot be loaded */
export async function loadTexts(language: Language): Promise<PageTexts> {
  const loaded = await parts[language]();
  return pageTexts(language, loaded.parts);
}
