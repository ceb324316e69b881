/** The Russian texts of what gateways and the centre send as messages. */
import { alarmRu } from '@forpost/shared/texts/catalogue/alarm.ru.ts';
import { centreRu } from '@forpost/shared/texts/catalogue/centre.ru.ts';
import { foreignRu } from '@forpost/shared/texts/catalogue/foreign.ru.ts';
import { gatewayRu } from '@forpost/shared/texts/catalogue/gateway.ru.ts';
import { mistakeRu } from '@forpost/shared/texts/catalogue/mistake.ru.ts';
import { reasonRu } from '@forpost/shared/texts/catalogue/reason.ru.ts';
import type { SentParts } from './page-texts.ts';

export const sent: SentParts = {
  alarm: alarmRu,
  centre: centreRu,
  gateway: gatewayRu,
  reason: reasonRu,
  foreign: foreignRu,
  mistake: mistakeRu,
};
