/**
 * The language of the open page.
 *
 *   the browser's choice or preference ──► shown ── the user's own choice arrives with the log-in ──► shown
 *                                            └── the user chooses ──► shown, stored in the browser and for the user
 *
 * Always: the page changes its language when the texts are loaded; if they cannot be loaded, the page keeps its language.
 */
import { rememberLanguage } from '@forpost/shared/texts/browser-language.ts';
import type { Language } from '@forpost/shared/texts/language.ts';
import { useCallback, useEffect, useRef, useState } from 'react';
import { loadAllTexts, loadTexts } from './load-texts.ts';
import type { PageTexts } from './page-texts.ts';

/** The texts, and a function that shows another language, which this browser remembers for the next load. */
export function useLanguage(first: PageTexts): readonly [PageTexts, (language: Language) => void] {
  const [texts, setTexts] = useState(first);
  const wanted = useRef(first.language);
  const { language: shown } = texts;
  useEffect(() => {
    document.documentElement.lang = shown;
    loadAllTexts(shown).then(
      (all) => {
        if (wanted.current === shown) setTexts(all);
      },
      // messages keep the words that came with them
      (error: unknown) => console.error(`the texts of what is sent could not be loaded in "${shown}"`, error),
    );
  }, [shown]);
  const show = useCallback((language: Language) => {
    rememberLanguage(language);
    wanted.current = language;
    loadTexts(language).then(
      (loaded) => {
        // the last choice counts, whichever texts arrive first
        if (wanted.current === language) setTexts(loaded);
      },
      (error: unknown) => console.error(`the texts of "${language}" could not be loaded`, error),
    );
  }, []);
  return [texts, show];
}
