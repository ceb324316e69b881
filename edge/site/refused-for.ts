/** Why a document of the site is refused, as one sentence: the first of its problems, and how many more there are. */
import type { Message } from '@forpost/shared/texts/message.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { Refused } from './change.ts';

/** Words that have no text of the catalogue are quoted. */
export function refusedFor({ problems: [first = '', ...more], sentences = [] }: Refused): Message {
  const reason = sentences[0] ?? recognise(first) ?? message('gateway/quotation', { text: first });
  return more.length > 0 ? message('gateway/answer.more-problems', { reason, count: more.length }) : reason;
}
