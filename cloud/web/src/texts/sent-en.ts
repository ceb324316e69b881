/** The English texts of what gateways whose site has another language send. All else is sent in English anyway. */
import { alarmEn } from '@forpost/shared/texts/catalogue/alarm.en.ts';
import type { SentParts } from './page-texts.ts';

export const sent: SentParts = { alarm: alarmEn };
