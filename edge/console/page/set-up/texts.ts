/** The texts of set-up in the page's language, loaded with set-up. What the gateway says goes through the page's `say`. */
import { type Part, type Texts, texts, type Wording } from '@forpost/shared/texts/texts.ts';
import { page } from '../texts.ts';

const { language } = page;

const own = texts(language, await wordings());
/** A text of set-up or of the common ones; texts of the page itself come from its own `t`. */
export const t: Texts<'set-up' | 'common'>['t'] = own.t;
/** A message of the gateway, in the page's language. */
export const { say, formats } = page;

async function wordings(): Promise<{ readonly [P in Extract<Part, 'set-up' | 'common'>]: Wording<P> }> {
  if (language === 'ru') {
    const [common, setUp] = await Promise.all([
      import('@forpost/shared/texts/catalogue/common.ru.ts'),
      import('@forpost/shared/texts/catalogue/set-up.ru.ts'),
    ]);
    return { common: common.commonRu, 'set-up': setUp.setUpRu };
  }
  const [common, setUp] = await Promise.all([
    import('@forpost/shared/texts/catalogue/common.en.ts'),
    import('@forpost/shared/texts/catalogue/set-up.en.ts'),
  ]);
  return { common: common.commonEn, 'set-up': setUp.setUpEn };
}
