/**
 * The texts for people, in their language: pages, alarms, notifications. Both sides share one catalogue in catalogue/, one
 * file for each part and language. A text is an ICU message: `{count, plural, one {# event} other {# events}}`.
 *
 *   const { t, say } = texts('ru', { common: commonRu, 'gateway-page': gatewayPageRu, alarm: alarmRu });
 *   t('common/unit.days', { count: 3 })     a text of this program: key and values are checked as types
 *   say(message, words)                     a message of another program: `words` where its key is unknown here
 *
 * A new text is one line in each language's file of its part. A new part is its files, a line in `Catalogue` below and
 * a line in catalogue/all.ts. catalogue.test.ts fails for a key that lacks a language, placeholders that differ, a
 * plural that lacks a form of its language, a key that nothing uses and a used key that does not exist. It finds keys
 * as whole string literals ('part/name'), so programs must not build a key from pieces.
 *
 * Always: a text comes from the parts that the caller passed in, so that a browser loads one language of the parts it shows.
 */
import { IntlMessageFormat } from 'intl-messageformat';
import type { alarmEn } from './catalogue/alarm.en.ts';
import type { centreEn } from './catalogue/centre.en.ts';
import type { centrePageEn } from './catalogue/centre-page.en.ts';
import type { commonEn } from './catalogue/common.en.ts';
import type { foreignEn } from './catalogue/foreign.en.ts';
import type { gatewayEn } from './catalogue/gateway.en.ts';
import type { gatewayPageEn } from './catalogue/gateway-page.en.ts';
import type { mistakeEn } from './catalogue/mistake.en.ts';
import type { notificationEn } from './catalogue/notification.en.ts';
import type { reasonEn } from './catalogue/reason.en.ts';
import type { ruleEn } from './catalogue/rule.en.ts';
import type { setUpEn } from './catalogue/set-up.en.ts';
import { type Formats, formatsOf } from './formats.ts';
import { type Language, localeOf } from './language.ts';
import type { Message, MessageValue } from './message.ts';
import type { ValuesOf } from './placeholders.ts';

/** The English texts by part. They are the reference: the other languages have the same keys and placeholders. */
export interface Catalogue {
  readonly common: typeof commonEn;
  readonly 'gateway-page': typeof gatewayPageEn;
  readonly 'set-up': typeof setUpEn;
  readonly 'centre-page': typeof centrePageEn;
  readonly centre: typeof centreEn;
  readonly alarm: typeof alarmEn;
  readonly gateway: typeof gatewayEn;
  readonly notification: typeof notificationEn;
  readonly reason: typeof reasonEn;
  readonly rule: typeof ruleEn;
  readonly foreign: typeof foreignEn;
  readonly mistake: typeof mistakeEn;
}

export type Part = keyof Catalogue;

/** A part in any language: `satisfies Wording<'alarm'>` in each file makes a missing or unknown key a type error. */
export type Wording<P extends Part> = Readonly<Record<keyof Catalogue[P] & string, string>>;

/** `<part>/<name within the part>` */
export type TextKey<P extends Part = Part> = { [Q in P]: `${Q}/${keyof Catalogue[Q] & string}` }[P];

export type TextOf<K extends string> = K extends `${infer P extends Part}/${infer Name}`
  ? Name extends keyof Catalogue[P]
    ? Catalogue[P][Name] & string
    : never
  : never;

/** No second argument for a text without placeholders. */
export type Arguments<Text extends string> = [keyof ValuesOf<Text>] extends [never]
  ? readonly []
  : readonly [values: ValuesOf<Text>];

export interface Texts<P extends Part = Part> {
  readonly language: Language;
  /** numbers, units, times and durations of the language */
  readonly formats: Formats;
  /** Parses every text of a part. Otherwise each text is parsed at its first use, which takes some 0.3 ms. */
  prepare(part: P): void;
  t<K extends TextKey<P>>(key: K, ...values: Arguments<TextOf<K>>): string;
  /** A message of another program; `otherwise` when this version does not know its key or a value is missing. */
  say(message: Message | undefined, otherwise: string): string;
}

/** A text as data, for a wire: key and values are checked as types. */
export function message<K extends TextKey>(key: K, ...values: Arguments<TextOf<K>>): Message {
  const [given] = values;
  return given === undefined ? { key } : { key, values: given as Readonly<Record<string, MessageValue>> };
}

/** The deepest nesting of messages and lists: a mistake in a condition of the configuration needs six levels. */
const mostNested = 8;

/**
 * The texts of one language. Each text is parsed at its first use and kept: at most as many as the catalogue has.
 * `timeZone` (IANA): of times; absent = of this machine, in a browser the reader's. `now`: ms since 1970, which decides
 * whether a message's time is today.
 */
export function texts<P extends Part>(
  language: Language,
  parts: { readonly [Q in P | 'common']: Wording<Q> },
  { timeZone, now = Date.now }: { readonly timeZone?: string; readonly now?: () => number } = {},
): Texts<P | 'common'> {
  const locale = localeOf(language);
  const formats = formatsOf(language, render, timeZone);
  const wordings: Readonly<Record<string, Readonly<Record<string, string>>>> = parts;
  const parsed = new Map<string, ParsedText>();

  function parsedText(key: string): ParsedText {
    const known = parsed.get(key);
    if (known !== undefined) return known;
    const at = key.indexOf('/');
    const part = own(wordings, key.slice(0, at));
    const source = part === undefined ? undefined : own(part, key.slice(at + 1));
    if (source === undefined) throw new RangeError(`no text "${key}" in ${language}`);
    const text = parsedFrom(new IntlMessageFormat(source, locale, undefined, { ignoreTag: true }));
    parsed.set(key, text);
    return text;
  }

  function render(key: string, values: Readonly<Record<string, MessageValue>>, depth = 0): string {
    const text = parsedText(key);
    if (!Array.isArray(text)) {
      const shown = Object.entries(values).map(([name, value]) => [name, show(value, depth)] as const);
      return String(text.format(Object.fromEntries(shown)));
    }
    let line = '';
    for (const [words, name] of text) {
      line += words;
      if (name === undefined) continue;
      if (!Object.hasOwn(values, name)) throw new RangeError(`the text "${key}" has no value for ${name}`);
      line += show(values[name], depth);
    }
    return line;
  }

  /** Leaves plain text and numbers to the message (a plural takes the number itself); formats the rest. */
  function show(value: MessageValue | null | undefined, depth: number): string | number {
    // another version may not send this value: show a gap in the sentence, and still draw the page
    if (value === undefined || value === null) return '';
    if (typeof value === 'string' || typeof value === 'number') return value;
    if (depth >= mostNested) throw new RangeError('a message is nested too deeply');
    if ('key' in value) return render(value.key, value.values ?? {}, depth + 1);
    if ('list' in value) return formats.list(value.list.map((one) => String(show(one, depth + 1))));
    return formats.value(value, now());
  }

  return {
    language,
    formats,
    prepare(part) {
      for (const name of Object.keys(own(wordings, part) ?? {})) parsedText(`${part}/${name}`);
    },
    t: (key, ...values) => render(key, (values[0] ?? {}) as Readonly<Record<string, MessageValue>>),
    say(message, otherwise) {
      if (message === undefined) return otherwise;
      try {
        return render(message.key, message.values ?? {});
      } catch {
        return otherwise;
      }
    },
  };
}

/** A text without numbers and plurals as its pieces, each with the placeholder behind it: 20 times as quick to write. */
type ParsedText = IntlMessageFormat | [words: string, placeholder: string | undefined][];

/** ICU's kinds of elements (TYPE of @formatjs/icu-messageformat-parser). */
const [literal, argument] = [0, 1];

function parsedFrom(text: IntlMessageFormat): ParsedText {
  const pieces: [string, string | undefined][] = [];
  for (const element of text.getAst()) {
    if (element.type === literal && 'value' in element) pieces.push([element.value, undefined]);
    else if (element.type === argument && 'value' in element) pieces.push(['', element.value]);
    else return text;
  }
  return pieces;
}

/** An object's own property: `constructor` is no part and no text. */
function own<Value>(of: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}
