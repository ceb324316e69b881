/**
 * Reads CSV (RFC 4180) with the place of every field, for lists that people keep in a spreadsheet.
 *
 * Always: comma or semicolon, whichever the first line has more of outside quotes (a spreadsheet of a country with decimal
 * commas writes semicolons); a byte order mark and an empty line are skipped; a quote that does not end is an error with
 * its place, and no row after it is guessed.
 */
export interface CsvField {
  readonly text: string;
  /** both from 1, as editors count */
  readonly line: number;
  readonly column: number;
}

export type CsvRow = readonly CsvField[];

export interface CsvProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export function parseCsv(given: string): { readonly rows: readonly CsvRow[] } | { readonly problem: CsvProblem } {
  const text = given.replace(/^\ufeff/, '');
  const reader = new Reader(text, separatorOf(text));
  const rows: CsvRow[] = [];
  for (let row = reader.row(); row !== undefined; row = reader.row()) {
    if ('message' in row) return { problem: row };
    if (row.length > 1 || row[0]?.text !== '') rows.push(row);
  }
  return { rows };
}

/** A field as CSV writes it. */
export function csvField(text: string): string {
  return /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function separatorOf(text: string): ',' | ';' {
  const first = (/^[^\r\n]*/.exec(text)?.[0] ?? '').replaceAll(/"[^"]*"/g, '');
  return first.split(';').length > first.split(',').length ? ';' : ',';
}

class Reader {
  readonly #text: string;
  readonly #separator: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string, separator: string) {
    this.#text = text;
    this.#separator = separator;
  }

  /** undefined: the text is at its end */
  row(): CsvRow | CsvProblem | undefined {
    if (this.#at >= this.#text.length) return undefined;
    const fields: CsvField[] = [];
    for (;;) {
      const field = this.#text[this.#at] === '"' ? this.#quoted() : this.#plain();
      if ('message' in field) return field;
      fields.push(field);
      if (this.#text[this.#at] !== this.#separator) break;
      this.#at++;
    }
    this.#endLine();
    return fields;
  }

  #place(at = this.#at): { readonly line: number; readonly column: number } {
    return { line: this.#line, column: at - this.#lineStart + 1 };
  }

  #plain(): CsvField {
    const place = this.#place();
    const from = this.#at;
    while (this.#at < this.#text.length && !this.#ends()) this.#at++;
    return { text: this.#text.slice(from, this.#at).trim(), line: place.line, column: place.column };
  }

  #quoted(): CsvField | CsvProblem {
    const { line, column } = this.#place();
    let text = '';
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const letter = this.#text[this.#at] ?? '';
      if (letter === '"' && this.#text[this.#at + 1] === '"') this.#at++;
      else if (letter === '"') {
        this.#at++;
        if (this.#at < this.#text.length && !this.#ends()) {
          const place = this.#place();
          return { line: place.line, column: place.column, message: 'after the quote only a separator may follow' };
        }
        return { text, line, column };
      } else if (letter === '\n') {
        this.#line++;
        this.#lineStart = this.#at + 1;
      }
      text += letter;
    }
    return { line, column, message: 'this quote does not end' };
  }

  /** Whether a field ends here. */
  #ends(): boolean {
    const letter = this.#text[this.#at];
    return letter === this.#separator || letter === '\n' || letter === '\r';
  }

  #endLine(): void {
    if (this.#text[this.#at] === '\r') this.#at++;
    if (this.#text[this.#at] === '\n') this.#at++;
    this.#line++;
    this.#lineStart = this.#at;
  }
}
