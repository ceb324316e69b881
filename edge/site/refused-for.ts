/** Why a document of the site is refused, as one sentence: the first of its problems, and how many more there are. */
import type { Message } from '@forpost/shared/texts/message.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';

/** `problems`: as the check of the configuration words them. Words that have no text of the catalogue are quoted. */
export function refusedFor([first = '', ...more]: readonly string[]): Message {
  if (more.length > 0) return message('gateway/answer.more-problems', { reason: first, count: more.length });
  return recognise(first) ?? message('gateway/quotation', { text: first });
}
