/**
 * The fields of MQTT packets (MQTT 3.1.1, section 1.5), read from the bytes of one whole packet, without copies.
 *
 * Always: nothing is read behind `end`; what is wrong is a sentence with the number of the normative statement, in the
 * words that the log shows.
 */
import { isUtf8 } from 'node:buffer';

/** What is wrong with a packet, as «what [MQTT-x.x.x-n]»; undefined: nothing. */
export type Violation = string | undefined;

/** What is wrong with a packet, and the reason code that says so in MQTT 5. */
export interface Broken {
  readonly what: string;
  readonly code: number;
}

const slash = 0x2f;
const plus = 0x2b;
const hash = 0x23;

/** Two bytes, the most significant first. The caller knows that they are there. */
export function numberAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Where a field with a length in front ends; -1 where the packet ends before. */
export function endOfField(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return -1;
  const to = at + 2 + numberAt(bytes, at);
  return to > end ? -1 : to;
}

/** Four bytes, the most significant first. The caller knows that they are there. */
export function longAt(bytes: Uint8Array, at: number): number {
  return numberAt(bytes, at) * 0x10000 + numberAt(bytes, at + 2);
}

/** A Variable Byte Integer (MQTT 5, section 1.5.5): how many bytes it takes, 0 where it is none. */
export function variableLength(bytes: Uint8Array, at: number, end: number): number {
  for (let n = 1; n <= 4 && at + n <= end; n++) {
    const byte = bytes[at + n - 1] ?? 0;
    if (byte >= 0x80) continue;
    // the fewest bytes possible [MQTT-1.5.5-1]
    return byte === 0 && n > 1 ? 0 : n;
  }
  return 0;
}

/** The value of a Variable Byte Integer that is there. */
export function variableAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let n = 0; n < 4; n++) {
    const byte = bytes[at + n] ?? 0;
    value |= (byte & 0x7f) << (7 * n);
    if (byte < 0x80) break;
  }
  return value;
}

/** A number as a Variable Byte Integer. */
export function variable(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  do {
    bytes.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return bytes;
}

/** A text: well formed UTF-8 without U+0000. `from` and `to` are those of its bytes, behind its length. */
export function textViolation(bytes: Uint8Array, from: number, to: number, name: string): Violation {
  let plain = true;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) return `U+0000 in the ${name} [MQTT-1.5.3-2]`;
    if (byte >= 0x80) plain = false;
  }
  // surrogates included
  return plain || isUtf8(bytes.subarray(from, to)) ? undefined : `ill-formed UTF-8 in the ${name} [MQTT-1.5.3-1]`;
}

/** A topic that is published to. */
export function topicViolation(bytes: Uint8Array, from: number, to: number, name: string): Violation {
  if (from === to) return `an empty ${name} [MQTT-4.7.3-1]`;
  let plain = true;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) return `U+0000 in the ${name} [MQTT-1.5.3-2]`;
    if (byte >= 0x80) plain = false;
    else if (byte === plus || byte === hash) return `a wildcard in the ${name} [MQTT-3.3.2-2]`;
  }
  return plain || isUtf8(bytes.subarray(from, to)) ? undefined : `ill-formed UTF-8 in the ${name} [MQTT-1.5.3-1]`;
}

/** A filter: `#` alone in the last level, `+` alone in its level. */
export function filterViolation(bytes: Uint8Array, from: number, to: number): Violation {
  if (from === to) return 'an empty topic filter [MQTT-4.7.3-1]';
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte !== plus && byte !== hash) continue;
    const begins = at === from || bytes[at - 1] === slash;
    const isLast = at + 1 === to;
    if (byte === hash && !(begins && isLast)) return '«#» that is not alone in the last level [MQTT-4.7.1-2]';
    if (byte === plus && !(begins && (isLast || bytes[at + 1] === slash)))
      return '«+» that is not alone in its level [MQTT-4.7.1-3]';
  }
  return textViolation(bytes, from, to, 'topic filter');
}

/** A packet with its fixed header (section 2.2). */
export function framed(first: number, body: readonly Uint8Array[]): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Uint8Array.from([first, ...variable(length)]), ...body]);
}
