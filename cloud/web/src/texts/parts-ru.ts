/** The Russian texts of the page itself. */
import { centrePageRu } from '@forpost/shared/texts/catalogue/centre-page.ru.ts';
import { commonRu } from '@forpost/shared/texts/catalogue/common.ru.ts';
import type { PageParts } from './page-texts.ts';

export const parts: PageParts = { common: commonRu, 'centre-page': centrePageRu };
