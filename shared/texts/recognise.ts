/**
 * Finds the message behind English words. Threads, processes and files pass faults on as words (a camera's state, why Kafka
 * does not answer); where the words leave the program for a reader of any language, this file finds their key and values.
 *
 *   words('gateway/reason.no-answer', { where })  ──► "10.0.0.7:554 does not answer" ──► … ──► recognise(text)
 *
 * A value that is a time (RFC 3339), a duration («90 s») or a size («12 MB») becomes one of the message, so that the reader's
 * program writes it in its language.
 *
 * Always: the texts of `recognised` are found. Only `words()` of english.ts makes their words, except those of the part
 * `foreign`, which other programs make. Other text has no message and is shown unchanged. A text is compared in time linear
 * to its length: a pattern is tried only where the text has all of the pattern's literals in their order.
 */
import { IntlMessageFormat } from 'intl-messageformat';
import { centreEn } from './catalogue/centre.en.ts';
import { foreignEn } from './catalogue/foreign.en.ts';
import { gatewayEn } from './catalogue/gateway.en.ts';
import { mistakeChecksEn } from './catalogue/mistake-checks.en.ts';
import { reasonEn } from './catalogue/reason.en.ts';
import type { Message, MessageValue, ShownValue } from './message.ts';

type Element = ReturnType<IntlMessageFormat['getAst']>[number];

interface Template {
  readonly key: string;
  readonly pattern: RegExp;
  /** literals that every text of the pattern has, in this order */
  readonly literals: readonly string[];
  /** number of the text's own letters: the most specific text is tried first */
  readonly own: number;
}

/** ICU's kinds of elements (TYPE of @formatjs/icu-messageformat-parser). */
const [literal, argument, numeric, plural, pound] = [0, 1, 2, 6, 7];
/** Placeholders whose value may itself be a text of the catalogue. */
const nestedNames: ReadonlySet<string> = new Set(['reason', 'what', 'where', 'problem', 'error', 'words']);
/** Words that no text of the catalogue made. */
export const quotationKey = 'gateway/quotation';
const longestText = 2000;
const mostNested = 4;
/** Placeholders for paths and names: one of them does not reach into the next part of a sentence («a; b»). */
const pathNames: ReadonlySet<string> = new Set(['file', 'folder', 'path', 'variable']);
/** A text with fewer letters of its own («{name}: {reason}») is found only where the text within it is found. */
const fewLetters = 6;
/** Number of remembered texts: a status repeats the same ones each second. */
const mostKnown = 500;

let templates: readonly Template[] | undefined;
const known = new Map<string, Message | undefined>();

/** The texts that are found, by key. */
export const recognised: ReadonlyMap<string, string> = new Map([
  ...keyed('reason', reasonEn),
  ...keyed('foreign', foreignEn),
  ...keyed('gateway', gatewayEn, /^(reason|problem|note|answer)\./),
  ...keyed('centre', centreEn, /^reason\./),
  ...keyed('mistake', mistakeChecksEn),
]);

function keyed(part: string, texts: Readonly<Record<string, string>>, names = /^/): [string, string][] {
  return Object.entries(texts).flatMap(([name, text]) => (names.test(name) ? [[`${part}/${name}`, text]] : []));
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

/** The first message whose parts are all of the catalogue; else the first that fits, with a quotation in it. */
function find(text: string, depth: number): Message | undefined {
  templates ??= read();
  let quoting: Message | undefined;
  for (const { key, pattern, literals, own } of templates) {
    if (!hasInOrder(text, literals)) continue;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) continue;
    const values = valuesOf(groups, depth);
    if (own < fewLetters && !Object.entries(values).every(([name, value]) => isNested(name, value))) continue;
    if (!quotes({ key, values })) return { key, values };
    quoting ??= { key, values };
  }
  return quoting;
}

/** Whether a part of the message is a quotation: words that no text of the catalogue made. */
export function quotes({ key, values = {} }: Message): boolean {
  if (key === quotationKey) return true;
  return Object.values(values).some((value) => typeof value === 'object' && 'key' in value && quotes(value));
}

/** A group's name is `<placeholder>_<t: text, n: number>_<count>`: a plural has one group for each form. */
function valuesOf(groups: Readonly<Record<string, string | undefined>>, depth: number): Record<string, MessageValue> {
  const values: Record<string, MessageValue> = {};
  for (const [group, told] of Object.entries(groups)) {
    if (told === undefined) continue;
    const [name = '', kind] = group.split('_');
    if (kind === 'n') values[name] = told === '' ? 1 : Number(told.replaceAll(',', ''));
    else if (name !== 'always')
      values[name] = nestedNames.has(name) ? nested(name, told, depth) : (shownValue(told) ?? told);
  }
  return values;
}

/** A text within a text: its message, else the text itself; words of another program as a reason are shown as a quotation. */
function nested(name: string, text: string, depth: number): MessageValue {
  const known = recognise(text, depth + 1);
  if (known !== undefined) return known;
  return name === 'reason' && text !== '' ? { key: quotationKey, values: { text } } : text;
}

/** Whether the value is a text of the catalogue, where the placeholder may take one. */
function isNested(name: string, value: MessageValue): boolean {
  return !nestedNames.has(name) || (typeof value === 'object' && 'key' in value && value.key !== quotationKey);
}

/** The message of a sentence whose values may be words: `reason` may have come from a thread. */
export function withRecognised(message: Message): Message {
  if (message.values === undefined) return message;
  const values = Object.entries(message.values).map(([name, value]): [string, MessageValue] => {
    if (typeof value === 'string')
      return [name, nestedNames.has(name) ? nested(name, value, 0) : (shownValue(value) ?? value)];
    return [name, recognisedWithin(value)];
  });
  return { key: message.key, values: Object.fromEntries(values) };
}

function recognisedWithin(value: MessageValue): MessageValue {
  if (typeof value !== 'object') return value;
  if ('list' in value) return { list: value.list.map((one) => recognisedWithin(one)) };
  return 'key' in value ? withRecognised(value) : value;
}

const durations = { s: 1, min: 60, h: 3_600, day: 86_400, days: 86_400 } as const;
const sizes = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 } as const;

/** A time, a duration or a size as `words()` writes it; undefined for other text. */
function shownValue(text: string): ShownValue | undefined {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) return { time: text };
  const [, figures, unit] = /^(\d[\d,]*(?:\.\d+)?)\s(s|min|h|days?|[kMGT]?B)$/.exec(text) ?? [];
  if (figures === undefined || unit === undefined) return undefined;
  const value = Number(figures.replaceAll(',', ''));
  return unit in durations
    ? { seconds: value * durations[unit as keyof typeof durations] }
    : { bytes: value * sizes[unit as keyof typeof sizes] };
}

function hasInOrder(text: string, literals: readonly string[]): boolean {
  let from = 0;
  for (const literal of literals) {
    const at = text.indexOf(literal, from);
    if (at < 0) return false;
    from = at + literal.length;
  }
  return true;
}

function read(): readonly Template[] {
  const found = [...recognised].map(([key, text]) => {
    const ast = new IntlMessageFormat(text, 'en', undefined, { ignoreTag: true }).getAst();
    let groups = 0;
    const source = patternOf(ast, () => ++groups);
    const literals = ast.flatMap((element) => (element.type === literal && 'value' in element ? [element.value] : []));
    // the empty group exists always, so that a match without placeholders has groups too
    return { key, pattern: new RegExp(`^${source}(?<always_t_0>)$`, 's'), literals, own: ownLetters(ast) };
  });
  return found.toSorted((a, b) => b.own - a.own);
}

function patternOf(elements: readonly Element[], count: () => number, pluralName = ''): string {
  return elements
    .map((element) => {
      const name = 'value' in element ? element.value : '';
      if (element.type === literal) return escaped(name);
      if (element.type === argument) return `(?<${name}_t_${count()}>${pathNames.has(name) ? '(?:(?!; ).)+?' : '.+?'})`;
      if (element.type === numeric) return `(?<${name}_n_${count()}>-?[\\d,]+(?:\\.\\d+)?)`;
      if (element.type === pound) return `(?<${pluralName}_n_${count()}>-?[\\d,]+(?:\\.\\d+)?)`;
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
  return elements.reduce((sum, element) => {
    if (element.type === literal && 'value' in element) return sum + element.value.length;
    if (element.type !== plural || !('options' in element)) return sum;
    return sum + Math.min(...Object.values(element.options).map(({ value }) => ownLetters(value)));
  }, 0);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
