/**
 * The page's language while it is open.
 *
 *   the browser's choice or preference ──► shown ── the person's own choice arrives with the log-in ──► shown
 *                                            └── somebody chooses ──► shown, remembered by the browser and the person
 *
 * Always: a language is shown once its texts are here; where they cannot be loaded, the page stays in the one it has.
 */
import { rememberLanguage } from '@forpost/shared/texts/browser-language.ts';
import type { Language } from '@forpost/shared/texts/language.ts';
import { useCallback, useEffect, useRef, useState } from 'react';
import { loadAllTexts, loadTexts } from './load-texts.ts';
import type { PageTexts } from './page-texts.ts';

/** The texts, and how to show another language: it is remembered for the next load in this browser. */
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
      // messages stay in the words that came with them
      (error: unknown) => console.error(`the texts of what is sent could not be loaded in "${shown}"`, error),
    );
  }, [shown]);
  const show = useCallback((language: Language) => {
    rememberLanguage(language);
    wanted.current = language;
    loadTexts(language).then(
      (loaded) => {
        // the last choice counts, whichever texts arrive last
        if (wanted.current === language) setTexts(loaded);
      },
      (error: unknown) => console.error(`the texts of "${language}" could not be loaded`, error),
    );
  }, []);
  return [texts, show];
}
