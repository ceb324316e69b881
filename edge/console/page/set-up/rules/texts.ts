/** Texts of the areas of rules and actions in the page's language, loaded with the first of them. */
import { type Texts, texts, type Wording } from '@forpost/shared/texts/texts.ts';
import { page, say as sayOfPage } from '../../texts.ts';

const { language } = page;
const own = texts(language, await wordings());

/** A text of these areas. */
export const t: Texts<'rule' | 'common'>['t'] = own.t;

/** A message of the gateway: about rules with these texts, any other with those of the page. */
export const say: Texts['say'] = (message, otherwise) => {
  const found = own.say(message, unknown);
  return found === unknown ? sayOfPage(message, otherwise) : found;
};
const unknown = '\0';

async function wordings(): Promise<{
  readonly common: Wording<'common'>;
  readonly rule: Wording<'rule'>;
  readonly alarm: Wording<'alarm'>;
}> {
  if (language === 'ru') {
    const [{ commonRu: common }, { ruleRu: rule }, { alarmRu: alarm }] = await Promise.all([
      import('@forpost/shared/texts/catalogue/common.ru.ts'),
      import('@forpost/shared/texts/catalogue/rule.ru.ts'),
      import('@forpost/shared/texts/catalogue/alarm.ru.ts'),
    ]);
    return { common, rule, alarm };
  }
  const [{ commonEn: common }, { ruleEn: rule }, { alarmEn: alarm }] = await Promise.all([
    import('@forpost/shared/texts/catalogue/common.en.ts'),
    import('@forpost/shared/texts/catalogue/rule.en.ts'),
    import('@forpost/shared/texts/catalogue/alarm.en.ts'),
  ]);
  return { common, rule, alarm };
}
