/** Prints a changed YAML document: comments and order of the document, line ends of the original file. */
import type { Document } from 'yaml';

const byteOrderMark = '\ufeff';

/** `before`: the original text, whose line ends (CRLF) and byte order mark are kept. */
export function changedYaml(document: Document, before: string): string {
  const text = document.toString({ lineWidth: 0 });
  const lines = before.includes('\r\n') ? text.replaceAll(/\r?\n/g, '\r\n') : text;
  return before.startsWith(byteOrderMark) ? byteOrderMark + lines : lines;
}
