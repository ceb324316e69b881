/** Finds sentences that a reader of Russian would get in English. */
import { catalogue } from '../catalogue/all.ts';
import { quotes } from '../recognise.ts';
import { asMessage, type Sentence } from '../sentence.ts';
import { texts } from '../texts.ts';
import { englishWords } from './english-words.ts';

const russian = texts('ru', catalogue.ru, { timeZone: 'UTC' });

/** Undefined where the sentence is Russian throughout; else the sentence, for the test's message. */
export function stillEnglish(sentence: Sentence | string): string | undefined {
  const message = asMessage(sentence);
  const shown = russian.say(message, typeof sentence === 'string' ? sentence : sentence.key);
  const isWhole = message !== undefined && !quotes(message) && /\p{Script=Cyrillic}/u.test(shown);
  return isWhole && englishWords(shown).length === 0 ? undefined : shown;
}
