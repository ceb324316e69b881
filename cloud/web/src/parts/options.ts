/** Builds the options of a select from names that gateways send. Pure. */

export interface Option {
  readonly value: string;
  readonly label: string;
}

/** Longest name; a longer one is cut, because a gateway may send any text. */
const longestLabel = 80;

/**
 * Options for a list: each value once (the component throws on a second one), no empty value, and distinct labels: where
 * two names look the same, the value follows the name.
 */
export function optionsOf(found: Iterable<Option>): Option[] {
  const byValue = new Map<string, string>();
  for (const { value, label } of found) if (value !== '' && !byValue.has(value)) byValue.set(value, shortened(label));
  const times = new Map<string, number>();
  for (const label of byValue.values()) times.set(key(label), (times.get(key(label)) ?? 0) + 1);
  return [...byValue].map(([value, label]) => ({
    value,
    label: label.trim() === '' || (times.get(key(label)) ?? 0) > 1 ? `${label} (${shortened(value)})`.trim() : label,
  }));
}

/** Names that look the same have the same key. */
function key(label: string): string {
  return label.normalize('NFKC').trim().toLowerCase();
}

function shortened(text: string): string {
  return text.length > longestLabel ? `${text.slice(0, longestLabel - 1)}…` : text;
}
