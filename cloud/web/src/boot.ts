/**
 * The first module: loads the page, and shows an error where that fails. It is separate from the page, so that the
 * document's first words appear before the page's styles, code and texts. It holds those words in every language.
 */
import { pageLanguage } from '@forpost/shared/texts/browser-language.ts';
import type { Language } from '@forpost/shared/texts/language.ts';

const words: Readonly<Record<Language, { readonly loading: string; readonly failed: (reason: string) => string }>> = {
  en: {
    loading: 'Forpost centre: the page is loading…',
    failed: (reason) => `The page could not be loaded (${reason}). Load it again.`,
  },
  ru: {
    loading: 'Центр Forpost: страница загружается…',
    failed: (reason) => `Страница не загрузилась («${reason}»). Обновите её.`,
  },
};

const waiting = document.getElementById('waiting');
const language = pageLanguage();
document.documentElement.lang = language;
if (waiting !== null) waiting.textContent = words[language].loading;

const texts = import('./texts/load-texts.ts').then(({ loadTexts }) => loadTexts(language));
Promise.all([import('./main.tsx'), texts])
  .then(([{ showPage }, loaded]) => showPage(loaded))
  .catch((error: unknown) => {
    if (waiting !== null)
      waiting.textContent = words[language].failed(error instanceof Error ? error.message : String(error));
  });
