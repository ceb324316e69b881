/**
 * Regular expressions of conditions, as CEL means them: RE2 syntax, in time linear in the text. JavaScript's own
 * engine backtracks, so that `^(a+)+$` on forty letters holds the whole gateway for minutes.
 *
 * Always: a pattern is bounded by its length and by the size of its compiled program; one that comes out of a reading
 * is bounded before it is compiled, because a device chooses it; the newest patterns are kept, up to `mostKept`.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { RE2JS } from 're2js';

export interface Pattern {
  /** instructions of the compiled program: matching takes at most this many steps for each letter */
  readonly size: number;
  test(text: string): boolean;
}

const longestPattern = 1000;
const largestProgram = 500;
const mostKept = 32;
/** The limit of a pattern that comes with a reading: repeats multiply what compiling costs, 3 µs an instruction. */
const longestForeignPattern = 200;
const largestForeignEstimate = 2000;
const tooLarge = `compiles to more than ${largestProgram} instructions: repeat less`;

/** @throws Error with a sentence about what is wrong with the pattern */
export function compilePattern(pattern: string): Pattern {
  if (pattern.length > longestPattern) throw new Error(`a pattern has at most ${longestPattern} letters`);
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    const what = messageOf(error).replace(/^error parsing regexp: /, '');
    throw new Error(`the pattern ${pattern.slice(0, 100)} is wrong: ${what} (RE2: no look-around, no back-references)`);
  }
  const size = compiled.programSize();
  if (size > largestProgram) throw new Error(`the pattern ${pattern.slice(0, 100)} ${tooLarge}`);
  return { size, test: (text) => compiled.test(text) };
}

/** The patterns of one condition: its own are compiled when it is made, those of readings when they come. */
export class Patterns {
  readonly #own: ReadonlyMap<string, Pattern>;
  readonly #kept = new Map<string, Pattern>();

  /** `own`: the patterns that stand in the expression itself. @throws Error as `compilePattern` */
  constructor(own: Iterable<string> = []) {
    this.#own = new Map([...own].map((pattern) => [pattern, compilePattern(pattern)]));
  }

  /** `compiling` is told before a pattern is compiled, with its length. @throws Error as `compilePattern` */
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

/** Nested repeats multiply; which ones are nested is known only after parsing, so all of them count as nested. */
function refuseLarge(pattern: string): void {
  if (pattern.length > longestForeignPattern)
    throw new Error(`a pattern out of a reading has at most ${longestForeignPattern} letters`);
  let estimate = pattern.length;
  for (const [, least = '0', most = least] of pattern.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/g))
    estimate *= Math.max(1, Number(least), Number(most));
  if (estimate > largestForeignEstimate) throw new Error(`the pattern ${pattern.slice(0, 100)} ${tooLarge}`);
}
