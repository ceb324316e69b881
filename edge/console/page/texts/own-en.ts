/** The English texts of the page itself, and of alarms, whose words may be in the site's language. */
import { alarmEn } from '@forpost/shared/texts/catalogue/alarm.en.ts';
import { commonEn } from '@forpost/shared/texts/catalogue/common.en.ts';
import { gatewayPageEn } from '@forpost/shared/texts/catalogue/gateway-page.en.ts';
import type { OwnParts } from './parts.ts';

export const own: OwnParts = { common: commonEn, 'gateway-page': gatewayPageEn, alarm: alarmEn };
