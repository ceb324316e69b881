/**
 * A text as data: its key in the catalogue and its values, without a language. Where a program makes a sentence that
 * another one shows (an alarm of a gateway on the centre's page), it sends this beside its own words.
 *
 * Always: it is plain JSON; the words beside it are whole without it, so that a reader that does not know the key, or
 * knows nothing of messages, shows those.
 */
export interface Message {
  /** `<part>/<name>` */
  readonly key: string;
  /** by placeholder */
  readonly values?: Readonly<Record<string, MessageValue>>;
}

/** What stands in a placeholder. All but text and plain numbers are written by the reader's language. */
export type MessageValue =
  /** a name, as people gave it */
  | string
  /** for plurals and `{count, number}` */
  | number
  | ShownValue
  /** a part of the sentence */
  | Message
  /** "a, b and c" */
  | { readonly list: readonly MessageValue[] };

export type ShownValue =
  /** how long, s: "90 s", "5 min" */
  | { readonly seconds: number }
  /** RFC 3339: "12:04" today, "3 Jun 12:04" on another day */
  | { readonly time: string }
  /** "1.2 MB" */
  | { readonly bytes: number }
  /** a reading: `metric` gives the unit, "7.91 kW" */
  | { readonly metric: string; readonly value: number | string | boolean }
  /** a metric's name: "power L1" */
  | { readonly metric: string }
  /** a part of 1: "85 %" */
  | { readonly share: number };

/** Longer than any that a gateway makes, as JSON. */
const longestMessage = 4_000;

/** The message that another program sent; undefined where `value` is none, or is too long. */
export function messageIn(value: unknown): Message | undefined {
  if (typeof value !== 'object' || value === null || !('key' in value) || typeof value.key !== 'string')
    return undefined;
  if ('values' in value && (typeof value.values !== 'object' || value.values === null)) return undefined;
  return JSON.stringify(value).length <= longestMessage ? (value as Message) : undefined;
}
