/** The texts of the page, for the components that show them. */
import { createContext, useContext } from 'react';
import type { PageTexts } from './page-texts.ts';

export const TextsContext = createContext<PageTexts | undefined>(undefined);

export function useTexts(): PageTexts {
  const texts = useContext(TextsContext);
  if (texts === undefined) throw new Error('no TextsContext around this component');
  return texts;
}
