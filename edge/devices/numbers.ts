/**
 * Reads numbers that devices write as texts: `"69.8"`, `"26,9"`. Only a text with one possible meaning is read.
 *
 * Always: `5,317` is refused, because its comma may be a decimal comma or a thousands separator; so are texts with a
 * unit, with a space within, and all other words.
 */
const withPoint = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const withComma = /^[+-]?\d+,\d+$/;
const thousands = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+$/;
/** A longer text is not a measured value. */
const longest = 40;

export type NumberInText =
  | { readonly kind: 'number'; readonly value: number; readonly source: string; readonly comma: boolean }
  /** a number with two possible meanings */
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
