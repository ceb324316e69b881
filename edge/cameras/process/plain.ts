/** A device's own text, made safe to show: one line, printable, bounded. Pure. */

const longest = 80;

export function plain(text: string, most = longest): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]+/gu, ' ').trim();
  return [...line].slice(0, most).join('');
}
