/** The English texts of the page itself. */
import { centrePageEn } from '@forpost/shared/texts/catalogue/centre-page.en.ts';
import { commonEn } from '@forpost/shared/texts/catalogue/common.en.ts';
import type { PageParts } from './page-texts.ts';

export const parts: PageParts = { common: commonEn, 'centre-page': centrePageEn };
