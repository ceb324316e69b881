/** The choice of a language, in the head of the page and under the log-in. Each language is named in itself. */
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

/** The page is loaded again and drawn in that language; what was drawn on it and not saved is lost. */
function chooseLanguage(chosen: Language): void {
  if (chosen === page.language) return;
  rememberLanguage(chosen);
  location.reload();
}
