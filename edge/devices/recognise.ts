/**
 * Recognition: which decoder an unknown client's messages belong to. Each decoder judges each message by itself
 * (`Decoder.recognise`); devices/pairing/ compares the judgements.
 *
 * Always: recognising is a pure function of one message, and no message makes it throw. It grants nothing: a person decides.
 */

/** A message of a client that the site does not know, or its last will. */
export interface UnknownMessage {
  readonly clientId: string;
  /** empty: none */
  readonly user: string;
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** What a decoder makes of an unknown client. */
export interface Recognised {
  /** how sure the decoder is, from 0 to 1 */
  readonly sure: number;
  /** the keys of site.yaml that its device needs besides id, name and decoder */
  readonly config: { readonly topic: string } & Readonly<Record<string, unknown>>;
  /** maker and model, as the device names them; absent: the message does not say */
  readonly model?: string | undefined;
  /** the name that the device has been given; absent: the message does not say */
  readonly name?: string | undefined;
}

/** A message that makes a device say more of itself at once, and changes nothing in it. */
export interface Question {
  readonly topic: string;
  readonly payload: string;
}

/** Degrees of `Recognised.sure`. `certain`: only devices of this kind send it. `possible`: other kinds may send the same. */
export const sure = { certain: 1, likely: 0.7, possible: 0.4 } as const;

const longestName = 64;

/** A text of a device as a name; undefined: it is none. */
export function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  // control characters, and format characters that turn text around
  const name = value.replace(/[\p{Cc}\p{Cf}]/gu, ' ').trim();
  return name === '' ? undefined : name.slice(0, longestName);
}
