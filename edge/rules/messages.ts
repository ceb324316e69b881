/**
 * The sentences of alarms. A kind's sentence comes from the catalogue: as text in the site's language, and as a message
 * for readers of another language. A sentence of the installer's, with {placeholders}, is used as written.
 */
import { withSuggestion } from '@forpost/shared/config/nearest.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import type { AlarmWords, RuleChange, RuleProblem } from './rule.ts';

const placeholder = /\{([^{}]*)\}/g;
const longestMessage = 500;

/** A text of the site's own with its placeholders filled in, cut to `longest` letters. */
export function fill(template: string, fields: Readonly<Record<string, string>>, longest = longestMessage): string {
  return template
    .replace(placeholder, (whole, name: string) => (Object.hasOwn(fields, name) ? (fields[name] ?? whole) : whole))
    .slice(0, longest);
}

/** An alarm's sentence. `own`: the rule's own message, `fields`: its placeholders, `sentence`: the kind's message. */
export function worded(
  { say }: AlarmWords,
  own: string | undefined,
  fields: Readonly<Record<string, string>>,
  sentence: Message,
): Pick<RuleChange, 'message' | 'messageI18n'> {
  if (own !== undefined) return { message: fill(own, fields) };
  return { message: say(sentence, sentence.key).slice(0, longestMessage), messageI18n: sentence };
}

/** Problems of a rule's own message: placeholders that the kind does not have. */
export function checkMessage(template: string | undefined, known: readonly string[]): readonly RuleProblem[] {
  if (template === undefined) return [];
  const problems: RuleProblem[] = [];
  for (const match of template.matchAll(placeholder)) {
    const name = match[1] ?? '';
    if (known.includes(name)) continue;
    problems.push({
      path: ['message'],
      message: withSuggestion(words('mistake/rule.message', { placeholder: `{${name}}` }), name, known),
      offset: match.index,
    });
  }
  return problems;
}

/** `10 s`, `5 min`, `2 h`. */
export function durationInWords(seconds: number): string {
  if (seconds < 120) return `${Number(seconds.toPrecision(3))} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}
