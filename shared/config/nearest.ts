/** Suggests the known name that a person probably meant, by edit distance, when one is near enough to help. */

import { closest, distance } from 'fastest-levenshtein';
import { inEnglish, type Words } from '../texts/english.ts';
import type { Message } from '../texts/message.ts';
import type { Sentence } from '../texts/sentence.ts';
import { message } from '../texts/texts.ts';

/** The share of the longer name's letters that may differ; a farther suggestion confuses more than it helps. */
const farthestShare = 0.5;

/** The nearest of `known` to `name`, or undefined when none is near. `within`: most letters that may differ. */
export function nearest(name: string, known: readonly string[], within = Number.POSITIVE_INFINITY): string | undefined {
  if (known.length === 0 || name.length > 200) return undefined;
  const lower = name.toLowerCase();
  const begun = known.filter((k) => lower.length >= 3 && k.toLowerCase().startsWith(lower));
  if (begun.length === 1 && within === Number.POSITIVE_INFINITY) return begun[0];
  const byLower = new Map(known.map((k) => [k.toLowerCase(), k]));
  const found = closest(lower, [...byLower.keys()]);
  const limit = Math.max(1, Math.floor(Math.max(lower.length, found.length) * farthestShare));
  return distance(lower, found) <= Math.min(limit, within) ? byLower.get(found) : undefined;
}

/** The message about an unknown name with a suggestion: the nearest known name, else the known names, else nothing. */
export function withNames(sentence: Message, name: string, known: readonly string[], listed = 12): Message {
  return hinted(sentence, name, known, listed) ?? sentence;
}

/** As `withNames`, for words. */
export function withSuggestion(sentence: Words, name: string, known: readonly string[], listed = 12): Words {
  const whole = hinted(sentence, name, known, listed);
  return whole === undefined ? sentence : (inEnglish(whole) as Words);
}

function hinted(reason: Sentence, name: string, known: readonly string[], listed: number): Message | undefined {
  const found = nearest(name, known);
  if (found !== undefined) return message('gateway/answer.hint-mean', { reason, name: found });
  if (known.length === 0) return undefined;
  const names = known.slice(0, listed).join(', ');
  if (known.length > listed) return message('mistake/hint-more', { reason, names, count: String(known.length) });
  return known.length === 1
    ? message('gateway/answer.hint-one', { reason, names })
    : message('gateway/answer.hint-known', { reason, names });
}

/** `; did you mean "x"?`, else the known names, else nothing. Follows a sentence about an unknown name. */
export function suggestion(name: string, known: readonly string[], listed = 12): string {
  const found = nearest(name, known);
  if (found !== undefined) return `; did you mean "${found}"?`;
  if (known.length === 0) return '';
  const more = known.length > listed ? `, … (${known.length} in all)` : '';
  return `; there ${known.length === 1 ? 'is' : 'are'} ${known.slice(0, listed).join(', ')}${more}`;
}
