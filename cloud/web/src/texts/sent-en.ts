/** The English texts of messages from gateways whose site has another language. Other messages arrive in English. */
import { alarmEn } from '@forpost/shared/texts/catalogue/alarm.en.ts';
import type { SentParts } from './page-texts.ts';

export const sent: SentParts = { alarm: alarmEn };
