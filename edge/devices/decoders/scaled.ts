/** `value * factor` without the error of binary fractions: 514.153 kWh are 514153 Wh, not 514153.00000000006. */
export function scaled(value: number, factor: number): number {
  const rounded = Math.round(value * factor * 1e6) / 1e6;
  // too large to be rounded in this way
  return Number.isFinite(rounded) ? rounded : value * factor;
}
