/**
 * A text as data: its key in the catalogue and its values, without a language. A program sends it beside its own words, so
 * that another program can show the sentence in any language (a gateway's alarm on the centre's page).
 *
 * Always: a message is plain JSON; the words beside it are complete without it, for readers that do not know the key or
 * messages at all.
 */
export interface Message {
  /** `<part>/<name>` */
  readonly key: string;
  /** by placeholder */
  readonly values?: Readonly<Record<string, MessageValue>>;
}

/** The value of a placeholder. The reader's language formats all kinds except text and plain numbers. */
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
  /** a duration, s: "90 s", "5 min" */
  | { readonly seconds: number }
  /** RFC 3339: "12:04" today, "3 Jun 12:04" on another day */
  | { readonly time: string }
  /** "1.2 MB" */
  | { readonly bytes: number }
  /** a reading: `metric` gives the unit, "7.91 kW" */
  | { readonly metric: string; readonly value: number | string | boolean }
  /** a metric's name: "power L1" */
  | { readonly metric: string }
  /** a share, 0..1: "85 %" */
  | { readonly share: number };

/** Longer than any message of a gateway, as JSON. */
const longestMessage = 4_000;

/** The message from another program; undefined for another value, or one that is too long. */
export function messageIn(value: unknown): Message | undefined {
  if (typeof value !== 'object' || value === null || !('key' in value) || typeof value.key !== 'string')
    return undefined;
  if ('values' in value && (typeof value.values !== 'object' || value.values === null)) return undefined;
  return JSON.stringify(value).length <= longestMessage ? (value as Message) : undefined;
}
