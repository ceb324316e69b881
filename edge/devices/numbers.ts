/**
 * Numbers that devices write as texts: `"69.8"`, `"26,9"`. Only what can mean one number alone is read.
 *
 * Always: `5,317` is nobody's guess (a decimal comma here, thousands there) and is refused; so are units, spaces within
 * and every other word.
 */
const withPoint = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const withComma = /^[+-]?\d+,\d+$/;
const thousands = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+$/;
/** Longer ones are no measured values. */
const longest = 40;

export type NumberInText =
  | { readonly kind: 'number'; readonly value: number; readonly source: string; readonly comma: boolean }
  /** a number, and nobody can say which */
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'none' };

const noNumber: NumberInText = { kind: 'none' };

export function numberInText(text: string): NumberInText {
  const trimmed = text.trim();
  if (trimmed.length > longest) return noNumber;
  if (thousands.test(trimmed)) return { kind: 'ambiguous' };
  const comma = withComma.test(trimmed);
  if (!comma && !withPoint.test(trimmed)) return noNumber;
  const source = comma ? trimmed.replace(',', '.') : trimmed;
  const value = Number(source);
  return Number.isFinite(value) ? { kind: 'number', value, source, comma } : noNumber;
}
