/** The choice of a language, in the page's head and below the log-in. Each language has its name in that language. */
import { rememberLanguage } from '@forpost/shared/texts/browser-language.ts';
import { isLanguage, type Language, languageNames, languages } from '@forpost/shared/texts/language.ts';
import { html, type TemplateResult } from 'lit';
import { page, t } from './texts.ts';

export function languageChoice(): TemplateResult {
  const choose = (event: Event) => {
    const { value } = event.currentTarget as HTMLSelectElement;
    if (isLanguage(value)) chooseLanguage(value);
  };
  return html`<select class="language" aria-label=${t('gateway-page/language')} @change=${choose}>
    ${languages.map((one) => html`<option value=${one} lang=${one} ?selected=${one === page.language}>${languageNames[one]}</option>`)}
  </select>`;
}

/** Reloads the page in the chosen language; an unsaved drawing is lost. */
function chooseLanguage(chosen: Language): void {
  if (chosen === page.language) return;
  rememberLanguage(chosen);
  location.reload();
}
