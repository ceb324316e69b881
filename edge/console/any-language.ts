/** A sentence as two fields of an answer: its English words, and its message for readers of other languages. */
import type { Message } from '@forpost/shared/texts/message.ts';
import { asMessage, type Sentence, wordsOf } from '@forpost/shared/texts/sentence.ts';

export function inAnyLanguage(sentence: Sentence): { readonly message: string; readonly message_i18n?: Message } {
  const found = asMessage(sentence);
  return { message: wordsOf(sentence), ...(found === undefined ? {} : { message_i18n: found }) };
}
