/**
 * Finds the message behind English words. Threads, processes and files pass faults on as words (a camera's state, why Kafka
 * does not answer); where the words leave the program for a reader of any language, this file finds their key and values.
 *
 *   words('gateway/reason.no-answer', { where })  ──► "10.0.0.7:554 does not answer" ──► … ──► recognise(text)
 *
 * Always: all texts of the parts `reason` and `foreign` are found, and those of `gateway` and `centre` whose name begins with
 * `reason.`. Only `words()` of english.ts makes their words, except those of `foreign`, which other programs make. Other text
 * has no message and is shown unchanged.
 */
import { IntlMessageFormat } from 'intl-messageformat';
import { centreEn } from './catalogue/centre.en.ts';
import { foreignEn } from './catalogue/foreign.en.ts';
import { gatewayEn } from './catalogue/gateway.en.ts';
import { reasonEn } from './catalogue/reason.en.ts';
import type { Message, MessageValue } from './message.ts';

type Element = ReturnType<IntlMessageFormat['getAst']>[number];

interface Template {
  readonly key: string;
  readonly pattern: RegExp;
  /** number of the text's own letters: the most specific text is tried first */
  readonly own: number;
}

/** ICU's kinds of elements (TYPE of @formatjs/icu-messageformat-parser). */
const [literal, argument, numeric, plural, pound] = [0, 1, 2, 6, 7];
/** Placeholders whose value may itself be a text of the catalogue. */
const nestedNames: ReadonlySet<string> = new Set(['reason', 'what', 'error', 'words']);
const longestText = 1000;
const mostNested = 3;
/** Number of remembered texts: a status repeats the same ones each second. */
const mostKnown = 500;

let templates: readonly Template[] | undefined;
const known = new Map<string, Message | undefined>();

/** The texts that are found, by key. */
export const recognised: ReadonlyMap<string, string> = new Map([
  ...keyed('reason', reasonEn),
  ...keyed('foreign', foreignEn),
  ...keyed('gateway', gatewayEn, 'reason.'),
  ...keyed('centre', centreEn, 'reason.'),
]);

function keyed(part: string, texts: Readonly<Record<string, string>>, begin = ''): [string, string][] {
  return Object.entries(texts).flatMap(([name, text]) => (name.startsWith(begin) ? [[`${part}/${name}`, text]] : []));
}

/** The message of `text`, else the text: a value of a placeholder. */
export function recognisedOr(text: string): Message | string {
  return recognise(text) ?? text;
}

/** `text`: in English, from this program. */
export function recognise(text: string, depth = 0): Message | undefined {
  if (text === '' || text.length > longestText || depth >= mostNested) return undefined;
  if (known.has(text)) return known.get(text);
  if (known.size >= mostKnown) known.clear();
  const message = find(text, depth);
  known.set(text, message);
  return message;
}

function find(text: string, depth: number): Message | undefined {
  templates ??= read();
  for (const { key, pattern } of templates) {
    const groups = pattern.exec(text)?.groups;
    if (groups !== undefined) return { key, values: valuesOf(groups, depth) };
  }
  return undefined;
}

/** A group's name is `<placeholder>_<t: text, n: number>_<count>`: a plural has one group for each form. */
function valuesOf(groups: Readonly<Record<string, string | undefined>>, depth: number): Record<string, MessageValue> {
  const values: Record<string, MessageValue> = {};
  for (const [group, told] of Object.entries(groups)) {
    if (told === undefined) continue;
    const [name = '', kind] = group.split('_');
    if (kind === 'n') values[name] = told === '' ? 1 : Number(told.replaceAll(',', ''));
    else if (name !== 'always') values[name] = (nestedNames.has(name) ? recognise(told, depth + 1) : undefined) ?? told;
  }
  return values;
}

function read(): readonly Template[] {
  const found = [...recognised].map(([key, text]) => {
    const ast = new IntlMessageFormat(text, 'en', undefined, { ignoreTag: true }).getAst();
    let groups = 0;
    const source = patternOf(ast, () => ++groups);
    // the empty group exists always, so that a match without placeholders has groups too
    return { key, pattern: new RegExp(`^${source}(?<always_t_0>)$`, 's'), own: ownLetters(ast) };
  });
  return found.toSorted((a, b) => b.own - a.own);
}

function patternOf(elements: readonly Element[], count: () => number, pluralName = ''): string {
  return elements
    .map((element) => {
      const name = 'value' in element ? element.value : '';
      if (element.type === literal) return escaped(name);
      if (element.type === argument) return `(?<${name}_t_${count()}>.+?)`;
      if (element.type === numeric) return `(?<${name}_n_${count()}>[\\d,]+)`;
      if (element.type === pound) return `(?<${pluralName}_n_${count()}>[\\d,]+)`;
      if (element.type !== plural || !('options' in element))
        throw new RangeError('a reason has text, numbers and plurals');
      const forms = Object.values(element.options).map(({ value }) => {
        const says = patternOf(value, count, name);
        // a form without its number is the one for 1
        return value.some(({ type }) => type === pound) ? says : `(?<${name}_n_${count()}>)${says}`;
      });
      return `(?:${forms.join('|')})`;
    })
    .join('');
}

function ownLetters(elements: readonly Element[]): number {
  return elements.reduce(
    (sum, element) => sum + (element.type === literal && 'value' in element ? element.value.length : 0),
    0,
  );
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
