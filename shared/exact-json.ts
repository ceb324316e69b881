/**
 * JSON without lost digits: a number that a double would round keeps the device's text.
 *
 *   1048576, 514.153, 0.30000000000000004  ──► numbers, because a double holds them exactly
 *   9007199254740993, 1e400, 0.12345678901234567890  ──► ExactNumber: JSON.stringify prints the original text
 *
 * Always: texts of different value stay different; a payload without long numbers costs JSON.parse and one loop over its
 * text.
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

/** A double holds every decimal number with this many digits. */
const safeDigits = 15;
/** Shorter runs of digits and points have at most `safeDigits` digits. */
const longRun = safeDigits + 1;

/**
 * Whether a double might not hold some number of this JSON; if false, JSON.parse loses nothing. A loop, because it runs for
 * each publish: some 0.1 µs. A text that only looks like such a number costs a slower parse and nothing else.
 */
export function mayRound(text: string): boolean {
  let run = 0;
  let isNumber = true;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // 0-9, the point, and the slash between them, which no number contains
    if (code >= 46 && code <= 57) {
      if (++run >= longRun) return true;
      continue;
    }
    // e or E behind digits that can belong to a number
    if (run > 0 && isNumber && (code | 32) === 101) return true;
    run = 0;
    // a number follows a colon, a comma, a bracket, white space or its sign
    isNumber = code === 58 || code === 44 || code === 91 || code === 45 || code <= 32;
  }
  return false;
}

/** `exact`: whether the value may contain an `ExactNumber`. @throws SyntaxError as JSON.parse does */
export function parseExactly(text: string): { readonly value: unknown; readonly exact: boolean } {
  return mayRound(text) ? { value: parseSlowly(text), exact: true } : { value: json.parse(text), exact: false };
}

/** For a text that may lose digits, by `mayRound` or a stricter check. @throws SyntaxError */
export function parseSlowly(text: string): unknown {
  const exactly: Reviver = (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && isRounded(value, source) ? json.rawJSON(source) : value;
  return json.parse(text, exactly);
}

/** The value of a number's text: an `ExactNumber` when a double cannot hold it. `source`: a number in JSON's form. */
export function exactNumber(source: string): number | ExactNumber {
  const value = Number(source);
  return isRounded(value, source) ? json.rawJSON(source) : value;
}

export function isExactNumber(value: unknown): value is ExactNumber {
  return json.isRawJSON(value);
}

function isRounded(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return true;
  // a number that is not zero, but becomes zero as a double
  const digits = digitsOf(source);
  if (value === 0) return digits !== '';
  return digits.length > safeDigits && digits !== digitsOf(String(value));
}

/** The significant digits: without sign, point, exponent and surrounding zeros. */
function digitsOf(number: string): string {
  const digits = number.replace(/[eE].*$/, '').replace(/[-+.]/g, '');
  // loops, because a pattern would search from each of a payload's many zeros
  let from = 0;
  while (digits[from] === '0') from++;
  let to = digits.length;
  while (to > from && digits[to - 1] === '0') to--;
  return digits.slice(from, to);
}
