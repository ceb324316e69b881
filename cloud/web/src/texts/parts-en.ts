/** The English texts that the page shows: its own, and those of the alarms that gateways of another language send. */
import { alarmEn } from '@forpost/shared/texts/catalogue/alarm.en.ts';
import { centrePageEn } from '@forpost/shared/texts/catalogue/centre-page.en.ts';
import { commonEn } from '@forpost/shared/texts/catalogue/common.en.ts';
import type { PageParts } from './page-texts.ts';

export const parts: PageParts = { common: commonEn, 'centre-page': centrePageEn, alarm: alarmEn };
