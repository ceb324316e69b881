/**
 * Copies the templates of the demo's configuration into the demo's folder, at each start.
 *
 * Always: a copy that a person or a page has changed stays as it is; an unchanged copy follows its template and the
 * options of this start. Copies keep the templates' comments.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { replaceFile } from '@forpost/shared/files.ts';
import { type Document, parseDocument } from 'yaml';

const mark = '# Made by npm start';

export class Copies {
  readonly #folder: string;
  readonly #memory: string;
  /** sha256 of each copy as the demo wrote it, by name */
  #made: Record<string, string> = {};
  /** names of the changed copies, which stay */
  readonly kept: string[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
    this.#memory = join(folder, 'copies.json');
  }

  static async open(folder: string): Promise<Copies> {
    const copies = new Copies(folder);
    await mkdir(folder, { recursive: true });
    if (existsSync(copies.#memory))
      copies.#made = JSON.parse(await readFile(copies.#memory, 'utf8')) as Record<string, string>;
    return copies;
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  /** Writes the copy `name` of `template` with `change`, unless somebody has changed it. Returns its path. */
  async make(template: string, name: string, root: string, change: (document: Document) => void): Promise<string> {
    const file = this.path(name);
    if (existsSync(file) && this.#isChanged(name, await readFile(file, 'utf8'))) {
      this.kept.push(name);
      return file;
    }
    const document = parseDocument(await readFile(template, 'utf8'));
    change(document);
    const text = `${mark} from ${relative(root, template)}. What you change here stays.\n${document.toString({ lineWidth: 120 })}`;
    this.#made[name] = sha256(text);
    // The hashes first: after a kill between the two writes an unchanged copy counts as changed, and stays.
    await replaceFile(this.#memory, `${JSON.stringify(this.#made, null, 2)}\n`);
    await replaceFile(file, text);
    return file;
  }

  /** An earlier version stored no hashes and rewrote all copies at each start. */
  #isChanged(name: string, text: string): boolean {
    const made = this.#made[name];
    return made === undefined ? !text.startsWith(mark) : made !== sha256(text);
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
