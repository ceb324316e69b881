/** The language of a page: the one that was chosen on it, else the browser's. A browser without storage forgets. */
import { isLanguage, type Language, languageOf } from './language.ts';

/** Both pages of one address share it. */
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
    // a browser that stores nothing: the choice holds as long as the page
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
