/**
 * Parses payloads for all decoders, within limits: one device's payload cannot exhaust the gateway's memory.
 *
 * Always: a refused payload has a reason that the installer understands; no payload makes this code throw.
 */

import { type ExactNumber, isExactNumber } from '@forpost/shared/exact-json.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { FieldProblem } from './decoder.ts';
import { keysTwice, readJson, trimmedEnd } from './json-text.ts';

export const mostPayloadBytes = 262_144;
/** Values in one payload, of all levels. */
const mostValues = 5000;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };
export type Parsed =
  | { readonly ok: true; readonly value: Json; readonly problems: readonly FieldProblem[] }
  | { readonly ok: false; readonly reason: Message };
/** JSON in which a number that a double cannot hold is still the text that the device wrote. */
export type ExactJson =
  | null
  | boolean
  | number
  | string
  | ExactNumber
  | readonly ExactJson[]
  | { readonly [key: string]: ExactJson };
export type ExactObject = { readonly [key: string]: ExactJson };
/** `exact`: whether `value` may contain an `ExactNumber` */
export type ParsedExactly =
  | {
      readonly ok: true;
      readonly value: ExactJson;
      readonly exact: boolean;
      readonly problems: readonly FieldProblem[];
    }
  | { readonly ok: false; readonly reason: Message };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A payload as text; undefined where the payload is not UTF-8. */
export function textOf(payload: Uint8Array): string | undefined {
  try {
    return utf8.decode(payload);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** A payload that is one word or number, without surrounding white space and NUL bytes; undefined where it is not UTF-8. */
export function wordOf(payload: Uint8Array): string | undefined {
  const text = textOf(payload);
  return text === undefined ? undefined : trimmedEnd(text).trimStart();
}

/** A payload as JSON within the limits, or the reason of its refusal. A number beyond all doubles becomes Infinity. */
export function parseJson(payload: Uint8Array): Parsed {
  return parsed(payload, false) as Parsed;
}

/** Like `parseJson`, but no number loses a digit. */
export function parseExactJson(payload: Uint8Array): ParsedExactly {
  return parsed(payload, true);
}

function parsed(payload: Uint8Array, keepDigits: boolean): ParsedExactly {
  if (payload.length === 0) return refused(message('gateway/note.empty'));
  if (payload.length > mostPayloadBytes)
    return refused(message('gateway/note.too-large', { size: mostPayloadBytes / 1024 }));
  const text = textOf(payload);
  if (text === undefined) return refused(notUtf8(payload));
  const read = readJson(text, keepDigits);
  if ('key' in read) return refused(read);
  const value = read.value as ExactJson;
  const members = countMembers(value);
  if (members === undefined) return refused(message('gateway/note.many-values', { count: mostValues }));
  const { exact, problems } = read;
  if (members === read.members) return { ok: true, value, exact, problems };
  const twice = keysTwice(read.text);
  const duplicates = [...new Set(twice.map(pathText))].map((path) => ({ path, problem: keyTwice }));
  return { ok: true, value: withoutPaths(value, twice), exact, problems: [...problems, ...duplicates] };
}

const keyTwice = message('gateway/note.key-twice');

/** The reason of a refusal: the first byte that is not UTF-8, with its position, or UTF-16 by its byte order mark. */
function notUtf8(payload: Uint8Array): Message {
  const [first, second] = payload;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return message('gateway/note.utf16');
  let at = 0;
  for (const letter of Buffer.from(payload).toString('utf8')) {
    const bytes = Buffer.byteLength(letter);
    // U+FFFD replaces a byte that is not UTF-8, unless the device itself wrote U+FFFD
    if (letter === '\uFFFD' && !(payload[at] === 0xef && payload[at + 1] === 0xbf && payload[at + 2] === 0xbd)) break;
    at += bytes;
  }
  return message('gateway/note.not-utf8', { byte: `0x${(payload[at] ?? 0).toString(16)}`, at });
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isExactObject(value: ExactJson | undefined): value is ExactObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

export function refused(reason: Message): { readonly ok: false; readonly reason: Message } {
  return { ok: false, reason };
}

/** Counts the members of all objects of a value, as deep as json-text.ts allows; undefined for more than `mostValues`. */
function countMembers(root: ExactJson): number | undefined {
  counted = 0;
  const members = membersOf(root);
  return counted > mostValues ? undefined : members;
}

/** Values that `membersOf` has visited. Shared by all calls: one payload is counted without an await. */
let counted = 0;

function membersOf(value: ExactJson): number {
  if (typeof value !== 'object' || value === null || counted > mostValues) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    counted += value.length;
    for (const inner of value as readonly ExactJson[])
      if (typeof inner === 'object' && inner !== null) members += membersOf(inner);
    return members;
  }
  if (isExactNumber(value)) return 0;
  const object = value as ExactObject;
  let own = 0;
  for (const key in object) {
    own++;
    const inner = object[key];
    if (typeof inner === 'object' && inner !== null) members += membersOf(inner);
  }
  counted += own;
  return members + own;
}

/** A copy of the value without the members at these paths. */
function withoutPaths(root: ExactJson, paths: readonly (readonly (string | number)[])[]): ExactJson {
  const copy = paths.length === 0 ? root : structuredCopy(root);
  for (const path of paths) {
    let at: unknown = copy;
    for (const step of path.slice(0, -1))
      at = typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined;
    if (typeof at === 'object' && at !== null) Reflect.deleteProperty(at, path.at(-1) ?? '');
  }
  return copy;
}

/** Recursive: `mostDepth` of json-text.ts bounds the depth. */
function structuredCopy(value: ExactJson): ExactJson {
  if (Array.isArray(value)) return value.map(structuredCopy);
  if (!isExactObject(value)) return value;
  const copy: Record<string, ExactJson> = {};
  for (const [key, inner] of Object.entries(value))
    Object.defineProperty(copy, key, {
      value: structuredCopy(inner),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return copy;
}

/** `ENERGY.Factor[2]` */
export function pathText(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
  return text;
}
