/**
 * The fields of MQTT packets (MQTT 3.1.1, section 1.5), read from the bytes of one whole packet, without copies.
 *
 * Always: nothing is read past `end`. A violation is a phrase for the log with the number of the normative statement.
 */
import { isUtf8 } from 'node:buffer';

/** A violation of the protocol, as «phrase [MQTT-x.x.x-n]»; undefined: the packet is valid. */
export type Violation = string | undefined;

/** A violation of the protocol, with its reason code in MQTT 5. */
export interface Broken {
  readonly what: string;
  readonly code: number;
}

const slash = 0x2f;
const plus = 0x2b;
const hash = 0x23;

/** A Two Byte Integer (section 1.5.2). The caller has checked that both bytes exist. */
export function numberAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** The end of a field with a length prefix; -1: the packet ends first. */
export function endOfField(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return -1;
  const to = at + 2 + numberAt(bytes, at);
  return to > end ? -1 : to;
}

/** A Four Byte Integer (section 1.5.3). The caller has checked that all bytes exist. */
export function longAt(bytes: Uint8Array, at: number): number {
  return numberAt(bytes, at) * 0x10000 + numberAt(bytes, at + 2);
}

/** The length in bytes of a Variable Byte Integer (MQTT 5, section 1.5.5); 0: the bytes are not one. */
export function variableLength(bytes: Uint8Array, at: number, end: number): number {
  for (let n = 1; n <= 4 && at + n <= end; n++) {
    const byte = bytes[at + n - 1] ?? 0;
    if (byte >= 0x80) continue;
    // the encoding must be the shortest [MQTT-1.5.5-1]
    return byte === 0 && n > 1 ? 0 : n;
  }
  return 0;
}

/** The value of a Variable Byte Integer. The caller has checked it with `variableLength`. */
export function variableAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let n = 0; n < 4; n++) {
    const byte = bytes[at + n] ?? 0;
    value |= (byte & 0x7f) << (7 * n);
    if (byte < 0x80) break;
  }
  return value;
}

/** Encodes a number as a Variable Byte Integer. */
export function variable(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  do {
    bytes.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return bytes;
}

/** Checks a UTF-8 string: well formed, without U+0000. `from`, `to`: the range of its bytes without the length prefix. */
export function textViolation(bytes: Uint8Array, from: number, to: number, name: string): Violation {
  let plain = true;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) return `U+0000 in the ${name} [MQTT-1.5.3-2]`;
    if (byte >= 0x80) plain = false;
  }
  // isUtf8 refuses surrogates too
  return plain || isUtf8(bytes.subarray(from, to)) ? undefined : `ill-formed UTF-8 in the ${name} [MQTT-1.5.3-1]`;
}

/** Checks the topic name of a publish. */
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

/** Checks a topic filter: `#` must be alone in the last level, `+` must be alone in its level. */
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

/** Puts the fixed header (section 2.2) in front of a packet's body. */
export function framed(first: number, body: readonly Uint8Array[]): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Uint8Array.from([first, ...variable(length)]), ...body]);
}
