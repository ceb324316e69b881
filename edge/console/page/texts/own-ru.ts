/** The Russian texts of the page itself, and of alarms, whose words may be in the site's language. */
import { alarmRu } from '@forpost/shared/texts/catalogue/alarm.ru.ts';
import { commonRu } from '@forpost/shared/texts/catalogue/common.ru.ts';
import { gatewayPageRu } from '@forpost/shared/texts/catalogue/gateway-page.ru.ts';
import type { OwnParts } from './parts.ts';

export const own: OwnParts = { common: commonRu, 'gateway-page': gatewayPageRu, alarm: alarmRu };
