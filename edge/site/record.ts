/**
 * The file of one revision: a first line with what is known about it, then the document, unchanged.
 *
 *   # forpost {"number":43,"sha256":"…","author":{"kind":"page","name":"anna"},…}
 *   # the farm of the Hubers
 *   site: { id: farm-7, timezone: Europe/Berlin }
 *
 * Always: the file is YAML that a person can read; a record whose text does not have its SHA-256 is damaged.
 */
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { type Revision, sha256Of } from './revision.ts';

const mark = '# forpost ';
/** Longer than the line of any record: `differenceOf` bounds the changes. */
export const longestHeader = 64 * 1024;

/** Open: a newer Forpost may write more. */
const header = Compile(
  Type.Object({
    number: Type.Integer({ minimum: 1 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    author: Type.Object({
      kind: Type.Union(['page', 'command-line', 'centre', 'file'].map((kind) => Type.Literal(kind))),
      name: Type.String(),
    }),
    at: Type.String(),
    why: Type.String(),
    changes: Type.Array(Type.Object({ message: Type.String() })),
    version: Type.String(),
  }),
);

export function recordOf(revision: Revision, text: string): string {
  return `${mark}${JSON.stringify(revision)}\n${text}`;
}

/** The revision that the begin of a record names; undefined: it is none. */
export function revisionIn(begin: string): Revision | undefined {
  const end = begin.indexOf('\n');
  if (!begin.startsWith(mark) || end < 0) return undefined;
  try {
    const value: unknown = JSON.parse(begin.slice(mark.length, end));
    return header.Check(value) ? (value as Revision) : undefined;
  } catch {
    // damaged: the caller reports it
    return undefined;
  }
}

/** The document of a whole record; undefined: it is damaged. */
export function textIn(record: string): string | undefined {
  const revision = revisionIn(record);
  if (revision === undefined) return undefined;
  const text = record.slice(record.indexOf('\n') + 1);
  return sha256Of(text) === revision.sha256 ? text : undefined;
}
