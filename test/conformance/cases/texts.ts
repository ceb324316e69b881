/** Texts that no MQTT packet may carry, as bytes; and their statements in 3.1.1 and 5.0. */
export interface BadText {
  readonly what: string;
  readonly bytes: Buffer;
  readonly three: string;
  readonly five: string;
}

const illFormed = { three: '1.5.3-1', five: '1.5.4-1' };
const withNul = { three: '1.5.3-2', five: '1.5.4-2' };

export const badTexts: readonly BadText[] = [
  { what: 'U+0000 within', bytes: Buffer.from('a\0b'), ...withNul },
  { what: 'U+0000 alone', bytes: Buffer.from('\0'), ...withNul },
  { what: 'a surrogate', bytes: Buffer.from('a\xed\xa0\x80b', 'latin1'), ...illFormed },
  { what: 'a pair of surrogates', bytes: Buffer.from('\xed\xa0\xbd\xed\xb8\x80', 'latin1'), ...illFormed },
  { what: 'a byte that begins no character', bytes: Buffer.from('a\xff', 'latin1'), ...illFormed },
  { what: 'a continuation byte alone', bytes: Buffer.from('\x80a', 'latin1'), ...illFormed },
  { what: 'a character that is cut off', bytes: Buffer.from('a\xe2\x82', 'latin1'), ...illFormed },
  { what: 'an overlong encoding', bytes: Buffer.from('\xc0\xaf', 'latin1'), ...illFormed },
  { what: 'a character beyond U+10FFFF', bytes: Buffer.from('\xf4\x90\x80\x80', 'latin1'), ...illFormed },
];
