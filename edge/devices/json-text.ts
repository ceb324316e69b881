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

/** A text, a bare word that printf writes for what is no number, or a colon without a value behind it. */
const oddParts = /"[^"\\]*(?:\\.[^"\\]*)*"|[-+]?\b(?:nan|inf(?:inity)?)\b(?![\w.])|:(?=\s*[,}])/gi;

/** The text with what is certain put right; undefined where there is nothing of that kind. */
function mend(text: string): { readonly text: string; readonly problems: readonly FieldProblem[] } | undefined {
  const problems: FieldProblem[] = [];
  let body = text.replace(/^[\uFEFF\s]+/, '');
  const end = body.search(/[\0\s]*$/);
  if (body.slice(end).includes('\0')) {
    problems.push({ path: '', problem: 'a NUL byte stands behind the JSON' });
    body = body.slice(0, end);
  }
  // each is told with its path by whoever wants a number there
  const mended = body.replace(oddParts, (part) => {
    if (part.startsWith('"')) return part;
    return part === ':' ? ':null' : JSON.stringify(part);
  });
  return mended === text ? undefined : { text: mended, problems };
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
  /** by key: where its value begins and ends in the text */
  readonly members: Map<string, { readonly source: string }[]>;
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
    const sources = level.members.get(level.key) ?? [];
    sources.push({ source: text.slice(level.valueAt, at).trim() });
    level.members.set(level.key, sources);
    if (sources.length > 1 && sources.some(({ source }) => source !== sources[0]?.source))
      found.push(pathTo(level.key));
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
