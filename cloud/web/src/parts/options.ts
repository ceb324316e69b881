/** The options of a choice, from what gateways call their things. Pure. */

export interface Option {
  readonly value: string;
  readonly label: string;
}

/** Longer names are cut: a name comes from a gateway, which may be anybody's. */
const longestLabel = 80;

/**
 * Options that a list can show: each value once (a second one ends the component), no empty value, and labels that tell
 * things apart: where two are called the same, the value stands behind the name.
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

/** What looks the same counts as the same. */
function key(label: string): string {
  return label.normalize('NFKC').trim().toLowerCase();
}

function shortened(text: string): string {
  return text.length > longestLabel ? `${text.slice(0, longestLabel - 1)}…` : text;
}
