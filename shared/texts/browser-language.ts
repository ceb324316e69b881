/** The language of a page: the reader's choice on the page, else the browser's. A browser without storage forgets it. */
import { isLanguage, type Language, languageOf } from './language.ts';

/** Both pages share this key at one address. */
const name = 'forpost-language';

export function pageLanguage(): Language {
  const remembered = stored();
  return isLanguage(remembered) ? remembered : languageOf(navigator.languages);
}

/** For the next load of the page, in this browser. */
export function rememberLanguage(language: Language): void {
  try {
    localStorage.setItem(name, language);
  } catch {
    // a browser without storage: the choice lasts as long as the page
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
