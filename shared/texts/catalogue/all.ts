/** Every part in every language: for a program that speaks to people of several, and for the catalogue's tests. A page loads only what it shows. */
import type { Language } from '../language.ts';
import type { Part, Wording } from '../texts.ts';
import { alarmEn } from './alarm.en.ts';
import { alarmRu } from './alarm.ru.ts';
import { centreEn } from './centre.en.ts';
import { centreRu } from './centre.ru.ts';
import { centrePageEn } from './centre-page.en.ts';
import { centrePageRu } from './centre-page.ru.ts';
import { commonEn } from './common.en.ts';
import { commonRu } from './common.ru.ts';
import { foreignEn } from './foreign.en.ts';
import { foreignRu } from './foreign.ru.ts';
import { gatewayEn } from './gateway.en.ts';
import { gatewayRu } from './gateway.ru.ts';
import { gatewayPageEn } from './gateway-page.en.ts';
import { gatewayPageRu } from './gateway-page.ru.ts';
import { mistakeEn } from './mistake.en.ts';
import { mistakeRu } from './mistake.ru.ts';
import { notificationEn } from './notification.en.ts';
import { notificationRu } from './notification.ru.ts';
import { reasonEn } from './reason.en.ts';
import { reasonRu } from './reason.ru.ts';
import { ruleEn } from './rule.en.ts';
import { ruleRu } from './rule.ru.ts';
import { setUpEn } from './set-up.en.ts';
import { setUpRu } from './set-up.ru.ts';

export const catalogue: Readonly<Record<Language, { readonly [P in Part]: Wording<P> }>> = {
  en: {
    common: commonEn,
    'gateway-page': gatewayPageEn,
    'set-up': setUpEn,
    centre: centreEn,
    'centre-page': centrePageEn,
    alarm: alarmEn,
    gateway: gatewayEn,
    notification: notificationEn,
    reason: reasonEn,
    rule: ruleEn,
    foreign: foreignEn,
    mistake: mistakeEn,
  },
  ru: {
    common: commonRu,
    'gateway-page': gatewayPageRu,
    'set-up': setUpRu,
    centre: centreRu,
    'centre-page': centrePageRu,
    alarm: alarmRu,
    gateway: gatewayRu,
    notification: notificationRu,
    reason: reasonRu,
    rule: ruleRu,
    foreign: foreignRu,
    mistake: mistakeRu,
  },
};
