/** The text of a YAML file that was changed: comments and order are the document's, the file's form stays. */
import type { Document } from 'yaml';

const byteOrderMark = '\ufeff';

/** `before`: the text that the document was read from; its line ends (CRLF) and its byte order mark stay. */
export function changedYaml(document: Document, before: string): string {
  const text = document.toString({ lineWidth: 0 });
  const lines = before.includes('\r\n') ? text.replaceAll(/\r?\n/g, '\r\n') : text;
  return before.startsWith(byteOrderMark) ? byteOrderMark + lines : lines;
}
