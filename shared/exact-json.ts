/**
 * JSON in which no number loses a digit: what a double would round stays the text that the device wrote.
 *
 *   1048576, 514.153, 0.30000000000000004  ──► numbers, because a double says the same
 *   9007199254740993, 1e400, 0.12345678901234567890  ──► ExactNumber: JSON.stringify prints its text as it came
 *
 * Always: two texts of different value never become one; a payload without long numbers is parsed as quickly as by
 * JSON.parse alone (one loop over its text more).
 */

/** A number that a double cannot hold, as V8's JSON.rawJSON makes it (TC39 «JSON.parse source text access»). */
export interface ExactNumber {
  readonly rawJSON: string;
}

interface SourceText {
  readonly source?: string;
}
type Reviver = (key: string, value: unknown, context: SourceText) => unknown;

const json = JSON as unknown as {
  parse(text: string, reviver?: Reviver): unknown;
  rawJSON(text: string): ExactNumber;
  isRawJSON(value: unknown): value is ExactNumber;
};

/** A double holds every decimal of so many digits. */
const safeDigits = 15;
/** Shorter runs of digits and points have at most `safeDigits` digits. */
const longRun = safeDigits + 1;

/**
 * Whether a double might not hold a number of this JSON; where not, JSON.parse says all of it. A loop, because it is
 * asked for each publish: some 0.1 µs. A text that looks like such a number costs a slower parse and nothing else.
 */
export function mayRound(text: string): boolean {
  let run = 0;
  let isNumber = true;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // 0-9 and the point; the slash between them is in no number
    if (code >= 46 && code <= 57) {
      if (++run >= longRun) return true;
      continue;
    }
    // e or E behind digits that began as a number does
    if (run > 0 && isNumber && (code | 32) === 101) return true;
    run = 0;
    // a number begins behind a colon, a comma, a bracket, white space or its sign
    isNumber = code === 58 || code === 44 || code === 91 || code === 45 || code <= 32;
  }
  return false;
}

/** `exact`: whether there may be an `ExactNumber` in it. @throws SyntaxError as JSON.parse does */
export function parseExactly(text: string): { readonly value: unknown; readonly exact: boolean } {
  return mayRound(text) ? { value: parseSlowly(text), exact: true } : { value: json.parse(text), exact: false };
}

/** For a text of which `mayRound`, or a stricter look at it, says that digits may be lost. @throws SyntaxError */
export function parseSlowly(text: string): unknown {
  const exactly: Reviver = (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && isRounded(value, source) ? json.rawJSON(source) : value;
  return json.parse(text, exactly);
}

/** A number as its text says it: an `ExactNumber` where a double cannot hold it. `source`: a number as JSON has them. */
export function exactNumber(source: string): number | ExactNumber {
  const value = Number(source);
  return isRounded(value, source) ? json.rawJSON(source) : value;
}

export function isExactNumber(value: unknown): value is ExactNumber {
  return json.isRawJSON(value);
}

function isRounded(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return true;
  // a number that is not zero and becomes zero
  const digits = digitsOf(source);
  if (value === 0) return digits !== '';
  return digits.length > safeDigits && digits !== digitsOf(String(value));
}

/** The significant digits: without sign, point, exponent and the zeros around them. */
function digitsOf(number: string): string {
  const digits = number.replace(/[eE].*$/, '').replace(/[-+.]/g, '');
  // loops: a number may have as many zeros as a payload has room for, and a pattern would look for its end at each
  let from = 0;
  while (digits[from] === '0') from++;
  let to = digits.length;
  while (to > from && digits[to - 1] === '0') to--;
  return digits.slice(from, to);
}
