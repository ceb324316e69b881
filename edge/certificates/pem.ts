/** PEM texts (RFC 7468). */

const lettersALine = 64;

/** `label`: CERTIFICATE, PRIVATE KEY. */
export function pemOf(label: string, bytes: ArrayBuffer | Uint8Array): string {
  const text = Buffer.from(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)).toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += lettersALine) lines.push(text.slice(at, at + lettersALine));
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
