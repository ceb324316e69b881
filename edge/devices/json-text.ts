/**
 * Reads JSON as devices really send it: with a byte order mark in front, a NUL byte behind, `nan` and `inf` from printf,
 * an absent value (`"tem":,`), the same key twice. An error with one certain meaning is put right and reported as a
 * problem; any other error refuses the payload with a reason that names it.
 *
 *   text ── JSON.parse ──► value ── a key twice? ──► value without this key, problem
 *     └── SyntaxError ── text put right ── JSON.parse ──► value, problems ; else the reason
 *
 * Always: a well-formed payload costs JSON.parse and one loop over its text; two different values under one key are both
 * dropped; no function here recurses into a payload.
 */

import { messageOf } from '@forpost/shared/errors.ts';
import { parseSlowly } from '@forpost/shared/exact-json.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { FieldProblem } from './decoder.ts';

/** Objects and lists within each other; the deepest real one (Shelly's full status) has six. */
const mostDepth = 12;

export interface ReadText {
  /** the text that was parsed, put right where necessary */
  readonly text: string;
  readonly value: unknown;
  /** whether `value` may contain an `ExactNumber` */
  readonly exact: boolean;
  /** members of all objects of the text: `value` has fewer where a key stood twice */
  readonly members: number;
  readonly problems: readonly FieldProblem[];
}

const none: readonly FieldProblem[] = [];

/** A payload's text as JSON, or the reason of its refusal. `keepDigits`: numbers that a double cannot hold keep all digits. */
export function readJson(text: string, keepDigits: boolean): ReadText | Message {
  scan(text);
  const { members } = scanned;
  if (scanned.depth > mostDepth) return message('gateway/note.deep', { count: mostDepth });
  const exact = keepDigits && scanned.long;
  try {
    return { text, value: exact ? parseSlowly(text) : JSON.parse(text), exact, members, problems: none };
  } catch (error) {
    const corrected = correct(text);
    if (corrected === undefined) return message('foreign/event.no-json', { said: syntaxError(error, text) });
    // count again: a bare word has become a text
    const again = readJson(corrected.text, keepDigits);
    return 'key' in again ? again : { ...again, problems: [...corrected.problems, ...again.problems] };
  }
}

/** A double holds every decimal number of this many digits; a longer run of digits and points may lose some. */
const safeDigits = 15;

/** The result of the last call of `scan`. One object for all calls: `scan` runs for each publish and allocates nothing. */
const scanned = { members: 0, depth: 0, long: false };

/**
 * One loop over the text: counts members of objects and depth, and notes whether a number may not fit a double (see
 * shared/exact-json.ts). It skips JSON strings, so that a long id in one costs nothing.
 */
function scan(text: string): void {
  let members = 0;
  let open = 0;
  let depth = 0;
  let run = 0;
  let long = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 34) {
      run = 0;
      for (i++; i < text.length; i++) {
        const inner = text.charCodeAt(i);
        if (inner === 34) break;
        if (inner === 92) i++;
      }
    } else if ((code >= 48 && code <= 57) || code === 46) {
      if (++run > safeDigits) long = true;
    } else {
      // e or E of an exponent follows a digit; the e of `true` and `false` follows a letter
      if (run > 0 && (code | 32) === 101) long = true;
      run = 0;
      if (code === 58) members++;
      else if (code === 123 || code === 91) {
        if (++open > depth) depth = open;
      } else if (code === 125 || code === 93) open--;
    }
  }
  scanned.members = members;
  scanned.depth = depth;
  scanned.long = long;
}

/** A bare word that printf writes for NaN and infinity. */
const bareWord = /[-+]?(?:nan|inf(?:inity)?)(?![\w.])/iy;

/**
 * The text with its certain errors put right; undefined where it has none. A loop instead of a regular expression: a
 * hostile payload could make an expression backtrack for minutes.
 */
function correct(text: string): { readonly text: string; readonly problems: readonly FieldProblem[] } | undefined {
  const problems: FieldProblem[] = [];
  const body = trimmedEnd(text.replace(/^[\uFEFF\s]+/, ''));
  if (text.length > body.length && text.slice(body.length).includes('\0'))
    problems.push({ path: '', problem: message('gateway/note.nul-behind') });
  let corrected = '';
  let copied = 0;
  const put = (upTo: number, instead: string, next: number) => {
    corrected += body.slice(copied, upTo) + instead;
    copied = next;
  };
  for (let i = 0; i < body.length; i++) {
    const letter = body[i] ?? '';
    if (letter === '"') i = endOfText(body, i);
    else if (letter === ':') {
      const next = nextThing(body, i + 1);
      if (body[next] === ',' || body[next] === '}') put(i + 1, 'null', i + 1);
    } else if (bareBegins.test(letter)) {
      bareWord.lastIndex = i;
      const [word] = bareWord.exec(body) ?? [];
      if (word !== undefined) {
        // the decoder reports it with its path, where it expects a number
        put(i, JSON.stringify(word), i + word.length);
        i += word.length - 1;
      }
    }
  }
  corrected += body.slice(copied);
  return corrected === text ? undefined : { text: corrected, problems };
}

const bareBegins = /[-+ni]/i;

/** Position of the closing quote of the JSON string that begins at `from`. */
function endOfText(body: string, from: number): number {
  let i = from + 1;
  while (i < body.length && body[i] !== '"') i += body[i] === '\\' ? 2 : 1;
  return i;
}

/** Position of the next letter that is not white space. Linear: each run of white space has its own colon before it. */
function nextThing(body: string, from: number): number {
  let i = from;
  while (i < body.length && body.charCodeAt(i) <= 32) i++;
  return i;
}

/** The text without white space and NUL bytes at its end. */
export function trimmedEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

function isBlank(code: number): boolean {
  return code <= 32 || code === 0xa0 || code === 0xfeff;
}

function syntaxError(error: unknown, text: string): Message | string {
  const nul = text.indexOf('\0');
  if (nul >= 0) return message('gateway/note.nul-at', { at: nul });
  return messageOf(error).slice(0, 200);
}

/** Tokens of JSON that suffice to find duplicate keys. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;

interface Level {
  readonly kind: '{' | '[';
  /** the first value's text by key; undefined after a different second value */
  readonly members: Map<string, string | undefined>;
  key: string | undefined;
  index: number;
  valueAt: number;
}

/** Paths (keys and list indices) of keys that stand twice with different values, in a text that is JSON. */
export function keysTwice(text: string): readonly (readonly (string | number)[])[] {
  const levels: Level[] = [];
  const found: (readonly (string | number)[])[] = [];
  const pathTo = (key: string) => [
    ...levels.slice(0, -1).map((level) => (level.kind === '{' ? (level.key ?? '') : level.index)),
    key,
  ];
  const ends = (at: number) => {
    const level = levels.at(-1);
    if (level?.kind !== '{' || level.key === undefined) return;
    const source = text.slice(level.valueAt, at).trim();
    if (!level.members.has(level.key)) level.members.set(level.key, source);
    else if (level.members.get(level.key) !== undefined && level.members.get(level.key) !== source) {
      level.members.set(level.key, undefined);
      found.push(pathTo(level.key));
    }
    level.key = undefined;
  };
  for (const { 0: token, index } of text.matchAll(tokens)) {
    const level = levels.at(-1);
    if (token === '{' || token === '[')
      levels.push({ kind: token, members: new Map(), key: undefined, index: 0, valueAt: 0 });
    else if (token === '}' || token === ']') {
      ends(index);
      levels.pop();
    } else if (token === ',') {
      ends(index);
      if (level !== undefined) level.index++;
    } else if (token === ':') {
      if (level !== undefined) level.valueAt = index + 1;
    } else if (level?.kind === '{' && level.key === undefined) level.key = JSON.parse(token) as string;
  }
  return found;
}
