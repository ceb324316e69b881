/**
 * The page's texts in the reader's language, loaded once, before anything is drawn. A language chosen in the page's head is
 * remembered by the browser, and used after the page has reloaded.
 *
 * Always: a browser loads one language. Outside a browser (the command line, tests) the texts are English.
 */
import { pageLanguage } from '@forpost/shared/texts/browser-language.ts';
import type { Language } from '@forpost/shared/texts/language.ts';
import { texts } from '@forpost/shared/texts/texts.ts';

const language: Language = 'document' in globalThis ? pageLanguage() : 'en';

export const page = texts(language, await wordings());
export const { t, say, formats } = page;

async function wordings() {
  if (language === 'ru') {
    const [common, page, alarm, gateway, reason, foreign] = await Promise.all([
      import('@forpost/shared/texts/catalogue/common.ru.ts'),
      import('@forpost/shared/texts/catalogue/gateway-page.ru.ts'),
      import('@forpost/shared/texts/catalogue/alarm.ru.ts'),
      import('@forpost/shared/texts/catalogue/gateway.ru.ts'),
      import('@forpost/shared/texts/catalogue/reason.ru.ts'),
      import('@forpost/shared/texts/catalogue/foreign.ru.ts'),
    ]);
    return {
      common: common.commonRu,
      'gateway-page': page.gatewayPageRu,
      alarm: alarm.alarmRu,
      gateway: gateway.gatewayRu,
      reason: reason.reasonRu,
      foreign: foreign.foreignRu,
    };
  }
  const [common, page, alarm, gateway, reason, foreign] = await Promise.all([
    import('@forpost/shared/texts/catalogue/common.en.ts'),
    import('@forpost/shared/texts/catalogue/gateway-page.en.ts'),
    import('@forpost/shared/texts/catalogue/alarm.en.ts'),
    import('@forpost/shared/texts/catalogue/gateway.en.ts'),
    import('@forpost/shared/texts/catalogue/reason.en.ts'),
    import('@forpost/shared/texts/catalogue/foreign.en.ts'),
  ]);
  return {
    common: common.commonEn,
    'gateway-page': page.gatewayPageEn,
    alarm: alarm.alarmEn,
    gateway: gateway.gatewayEn,
    reason: reason.reasonEn,
    foreign: foreign.foreignEn,
  };
}
