/** The Russian texts that the page shows: its own, and those of what gateways and the centre send. */
import { alarmRu } from '@forpost/shared/texts/catalogue/alarm.ru.ts';
import { centreRu } from '@forpost/shared/texts/catalogue/centre.ru.ts';
import { centrePageRu } from '@forpost/shared/texts/catalogue/centre-page.ru.ts';
import { commonRu } from '@forpost/shared/texts/catalogue/common.ru.ts';
import { gatewayRu } from '@forpost/shared/texts/catalogue/gateway.ru.ts';
import type { PageParts } from './page-texts.ts';

export const parts: PageParts = {
  ...{ common: commonRu, 'centre-page': centrePageRu, alarm: alarmRu, centre: centreRu, gateway: gatewayRu },
};
