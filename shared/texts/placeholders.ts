/**
 * The placeholders of an ICU message, read from its text as a type:
 *
 *   ValuesOf<'{name}: {count, plural, one {# rule} other {# rules}}'> = { name: string | …; count: number }
 *
 * `{name}` takes text, or a value that the language formats; `plural` and `number` take a number, `select` takes text.
 */
import type { MessageValue } from './message.ts';

export type ValuesOf<Text extends string> = Simplify<Scan<Text, []>>;

type Simplify<T> = { readonly [Name in keyof T]: T[Name] };

/** What surrounds the present place: the text of a message or an option, or the options of a plural or select. */
type Around = 'text' | 'options';

type Scan<Text extends string, Open extends readonly Around[]> = Text extends `${infer Before}{${infer After}`
  ? Before extends `${infer Inside}}${infer _}`
    ? Text extends `${Inside}}${infer Rest}`
      ? Scan<Rest, Closed<Open>>
      : never
    : Open extends readonly ['options', ...(readonly Around[])]
      ? Scan<After, ['text', ...Open]>
      : Placeholder<After, Open>
  : unknown;

type Closed<Open extends readonly Around[]> = Open extends readonly [Around, ...infer Rest extends readonly Around[]]
  ? Rest
  : [];

type Placeholder<After extends string, Open extends readonly Around[]> = After extends `${infer Head}}${infer Rest}`
  ? Head extends `${infer Name}, plural,${infer _}`
    ? Record<Name, number> & Scan<Options<After>, ['options', ...Open]>
    : Head extends `${infer Name}, select,${infer _}`
      ? Record<Name, string> & Scan<Options<After>, ['options', ...Open]>
      : Head extends `${infer Name}, number${infer _}`
        ? Record<Name, number> & Scan<Rest, Open>
        : Record<Head, Exclude<MessageValue, number>> & Scan<Rest, Open>
  : never;

/** Behind `name, plural,`: the options. */
type Options<After extends string> = After extends `${infer _}, ${infer __},${infer Rest}` ? Rest : never;
