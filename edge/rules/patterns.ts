/**
 * Regular expressions of conditions, as CEL defines them: RE2 syntax, matched in time linear in the text. JavaScript's
 * own engine backtracks: `^(a+)+$` on forty letters would block the whole gateway for minutes.
 *
 * Always: a pattern is bounded by its length and by the size of its compiled program. A pattern from a reading is checked
 * before it is compiled, because a device chooses it. The newest `mostKept` compiled patterns are kept.
 */

import { messageOf } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { RE2JS } from 're2js';

export interface Pattern {
  /** instructions of the compiled program: matching takes at most this many steps for each letter */
  readonly size: number;
  test(text: string): boolean;
}

const longestPattern = 1000;
const largestProgram = 500;
const mostKept = 32;
/** Limits of a pattern from a reading: repeats multiply the cost of compiling, 3 µs an instruction. */
const longestForeignPattern = 200;
const largestForeignEstimate = 2000;

/** Compiles a pattern. @throws Error with a sentence that names the pattern's error */
export function compilePattern(pattern: string): Pattern {
  if (pattern.length > longestPattern)
    throw new Error(words('gateway/problem.pattern-long', { count: longestPattern }));
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    const what = messageOf(error).replace(/^error parsing regexp: /, '');
    throw new Error(words('gateway/problem.pattern-wrong', { pattern: pattern.slice(0, 100), error: what }));
  }
  const size = compiled.programSize();
  if (size > largestProgram) throw tooLarge(pattern);
  return { size, test: (text) => compiled.test(text) };
}

/** The patterns of one condition: those of the expression are compiled at once, those of readings on first use. */
export class Patterns {
  readonly #own: ReadonlyMap<string, Pattern>;
  readonly #kept = new Map<string, Pattern>();

  /** `own`: the patterns of the expression itself. @throws Error as `compilePattern` */
  constructor(own: Iterable<string> = []) {
    this.#own = new Map([...own].map((pattern) => [pattern, compilePattern(pattern)]));
  }

  /** `compiling` is called with the pattern's length before it is compiled. @throws Error as `compilePattern` */
  get(pattern: string, compiling: (letters: number) => void): Pattern {
    const known = this.#own.get(pattern) ?? this.#kept.get(pattern);
    if (known !== undefined) return known;
    refuseLarge(pattern);
    compiling(pattern.length);
    const compiled = compilePattern(pattern);
    this.#kept.set(pattern, compiled);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > mostKept && !oldest.done) this.#kept.delete(oldest.value);
    return compiled;
  }
}

/** Nested repeats multiply. Only parsing shows which repeats are nested, so all count as nested here. */
function refuseLarge(pattern: string): void {
  if (pattern.length > longestForeignPattern)
    throw new Error(words('gateway/problem.pattern-reading', { count: longestForeignPattern }));
  let estimate = pattern.length;
  for (const [, least = '0', most = least] of pattern.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/g))
    estimate *= Math.max(1, Number(least), Number(most));
  if (estimate > largestForeignEstimate) throw tooLarge(pattern);
}

function tooLarge(pattern: string): Error {
  return new Error(words('gateway/problem.pattern-large', { pattern: pattern.slice(0, 100), count: largestProgram }));
}
