/** The page's texts for tests of its words. */
import { pageTexts } from '../src/texts/page-texts.ts';
import { parts as partsEn } from '../src/texts/parts-en.ts';
import { parts as partsRu } from '../src/texts/parts-ru.ts';

export const english = pageTexts('en', partsEn);
export const russian = pageTexts('ru', partsRu);
