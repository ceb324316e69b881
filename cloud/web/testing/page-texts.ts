/** The page's texts for tests of its words. */
import { pageTexts } from '../src/texts/page-texts.ts';
import { parts as partsEn } from '../src/texts/parts-en.ts';
import { parts as partsRu } from '../src/texts/parts-ru.ts';
import { sent as sentEn } from '../src/texts/sent-en.ts';
import { sent as sentRu } from '../src/texts/sent-ru.ts';

export const english = pageTexts('en', { ...partsEn, ...sentEn });
export const russian = pageTexts('ru', { ...partsRu, ...sentRu });
