/**
 * The JSON that devices really send: a byte order mark in front, a NUL behind, `nan` and `inf` from printf, no value at
 * all (`"tem":,`), the same key twice. What can be read for certain is read, and told; the rest is refused with a reason
 * that names it.
 *
 *   text ── JSON.parse ──► value ── a key twice? ──► without it, and told
 *     └── SyntaxError ── mended text ── JSON.parse ──► value, and told ; else the reason
 *
 * Always: a well-formed payload costs one loop over its text more than JSON.parse; of two values under one key neither
 * is believed, unless they are the same; nothing here recurses into a payload.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { parseSlowly } from '@forpost/shared/exact-json.ts';
import type { FieldProblem } from './decoder.ts';

/** Objects and lists within each other; the deepest real one (Shelly's full status) has six. */
const mostDepth = 12;

export interface ReadText {
  /** as it was parsed, after mending */
  readonly text: string;
  readonly value: unknown;
  /** whether there may be an `ExactNumber` in it */
  readonly exact: boolean;
  /** members of all objects of the text: `value` has fewer where a key stood twice */
  readonly members: number;
  readonly problems: readonly FieldProblem[];
}

const none: readonly FieldProblem[] = [];

/** A payload's text as JSON, or why it is none. `keepDigits`: numbers that a double cannot hold stay as they came. */
export function readJson(text: string, keepDigits: boolean): ReadText | string {
  look(text);
  const { members } = seen;
  if (seen.depth > mostDepth) return `more than ${mostDepth} levels deep`;
  const exact = keepDigits && seen.long;
  try {
    return { text, value: exact ? parseSlowly(text) : JSON.parse(text), exact, members, problems: none };
  } catch (error) {
    const mended = mend(text);
    if (mended === undefined) return `not JSON: ${reason(error, text)}`;
    // what it looks like after mending: a bare word has become a text
    const again = readJson(mended.text, keepDigits);
    return typeof again === 'string' ? again : { ...again, problems: [...mended.problems, ...again.problems] };
  }
}

/** A double holds every decimal of so many digits; a longer run of digits and points may have more. */
const safeDigits = 15;

/** What `look` saw of the text that it was given last: it is asked for each publish, and makes nothing anew. */
const seen = { members: 0, depth: 0, long: false };

/**
 * One loop over the text: members of objects, depth, and whether a number may be beyond a double (see
 * shared/exact-json.ts; here texts are skipped, so that a long id in one costs nothing).
 */
function look(text: string): void {
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
      // e or E within a number; `true` and `false` have theirs behind a letter
      if (run > 0 && (code | 32) === 101) long = true;
      run = 0;
      if (code === 58) members++;
      else if (code === 123 || code === 91) {
        if (++open > depth) depth = open;
      } else if (code === 125 || code === 93) open--;
    }
  }
  seen.members = members;
  seen.depth = depth;
  seen.long = long;
}

/** A bare word that printf writes for what is no number. */
const bareWord = /[-+]?(?:nan|inf(?:inity)?)(?![\w.])/iy;

/**
 * The text with what is certain put right; undefined where there is nothing of that kind. One loop: a payload may be
 * made so that a pattern looks through it again and again.
 */
function mend(text: string): { readonly text: string; readonly problems: readonly FieldProblem[] } | undefined {
  const problems: FieldProblem[] = [];
  const body = trimmedEnd(text.replace(/^[\uFEFF\s]+/, ''));
  if (text.length > body.length && text.slice(body.length).includes('\0'))
    problems.push({ path: '', problem: 'a NUL byte stands behind the JSON' });
  let mended = '';
  let copied = 0;
  const put = (upTo: number, instead: string, next: number) => {
    mended += body.slice(copied, upTo) + instead;
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
        // it is told with its path by whoever wants a number there
        put(i, JSON.stringify(word), i + word.length);
        i += word.length - 1;
      }
    }
  }
  mended += body.slice(copied);
  return mended === text ? undefined : { text: mended, problems };
}

const bareBegins = /[-+ni]/i;

/** Where the text that begins at `from` ends. */
function endOfText(body: string, from: number): number {
  let i = from + 1;
  while (i < body.length && body[i] !== '"') i += body[i] === '\\' ? 2 : 1;
  return i;
}

/** Behind white space; a run of it is looked through once, because a colon comes before each. */
function nextThing(body: string, from: number): number {
  let i = from;
  while (i < body.length && body.charCodeAt(i) <= 32) i++;
  return i;
}

/** Without white space and NUL bytes at its end. */
export function trimmedEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

function isBlank(code: number): boolean {
  return code <= 32 || code === 0xa0 || code === 0xfeff;
}

function reason(error: unknown, text: string): string {
  const nul = text.indexOf('\0');
  if (nul >= 0) return `a NUL byte at position ${nul}`;
  return messageOf(error).slice(0, 200);
}

/** Tokens of a text that is JSON: all that duplicates are found by. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;

interface Level {
  readonly kind: '{' | '[';
  /** by key: the first value's text, or undefined where a later one is another */
  readonly members: Map<string, string | undefined>;
  key: string | undefined;
  index: number;
  valueAt: number;
}

/** Paths of keys that stand twice with different values, in a text that is JSON: as keys and places in lists. */
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
