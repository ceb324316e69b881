/** The choice of the page's language: shows the short name and opens the browser's own list. */
import './language-choice.css';
import { isLanguage, type Language, languageNames, languages } from '@forpost/shared/texts/language.ts';
import type { ReactNode } from 'react';
import { useTexts } from './use-texts.ts';

export interface LanguageChoiceProps {
  readonly choose: (language: Language) => void;
}

export function LanguageChoice({ choose }: LanguageChoiceProps): ReactNode {
  const { language, t } = useTexts();
  return (
    <label className="language">
      <span aria-hidden="true">{language.toUpperCase()}</span>
      <select
        aria-label={t('centre-page/bar.language')}
        value={language}
        onChange={({ currentTarget: { value } }) => {
          if (isLanguage(value)) choose(value);
        }}
      >
        {languages.map((one) => (
          <option key={one} value={one} lang={one}>
            {languageNames[one]}
          </option>
        ))}
      </select>
    </label>
  );
}
