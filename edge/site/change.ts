/**
 * A change of the site's document: what an author asks for, and what becomes of it.
 *
 * Always: a result other than `revision` has changed nothing.
 */
import type { Message } from '@forpost/shared/texts/message.ts';
import type { DocumentEdit } from './edited.ts';
import type { Author, ChangeInWords, Revision } from './revision.ts';
import type { Secrets } from './secrets.ts';
import type { Site } from './site.ts';
import type { Mistake } from './values.ts';

/** A document that was checked, with the secrets that were checked with it. */
export interface LoadedDocument {
  readonly site: Site;
  readonly secrets: Secrets;
}

/** What a part does with a new document: `commit` cannot fail. */
export type Prepared = { readonly commit: () => void } | { readonly refused: readonly string[] };

export interface Conflict {
  /** seen: the author has seen an older revision · by-hand: the file was edited by hand and not taken up */
  readonly conflict: 'seen' | 'by-hand';
  /** the newest revision */
  readonly newest: Revision;
  /** what others changed since the revision that the author has seen; empty: that one is no longer kept */
  readonly changes: readonly ChangeInWords[];
}

export type Changed =
  | { readonly revision: Revision; readonly loaded: LoadedDocument }
  /** the document is this revision already */
  | { readonly unchanged: Revision }
  | Conflict
  | Refused;

export interface Refused {
  /** what is wrong with the change, a line each */
  readonly problems: readonly string[];
  /** the same problems for readers of any language; absent where the disk or a part refused */
  readonly sentences?: readonly Message[];
  /** the same problems, each at its field; absent where no field is to blame */
  readonly mistakes?: readonly Mistake[];
}

/** A change that was not made. */
export interface Preview {
  readonly changes: readonly ChangeInWords[];
  /** why it would be refused, a line each; empty: it would be taken */
  readonly problems: readonly string[];
  /** see `Refused` */
  readonly mistakes?: readonly Mistake[];
}

export interface Request {
  readonly author: Author;
  /** the author's reason; empty: none */
  readonly why: string;
}

/** Takes back the secrets of a change that was refused. */
export type TakeBack = () => void | Promise<void>;

export interface ChangeRequest extends Request {
  /** the revision that the author has seen: a number or the begin of a SHA-256 */
  readonly seen: string;
  /**
   * A function runs in the caller's thread, so it is for whole texts; data is applied to a large document in another thread.
   * @throws ForpostError FORPOST_CONFIG_INVALID: the change does not fit the text
   */
  readonly edit: ((text: string) => string) | DocumentEdit;
  /** makes the secrets that the new document needs, before it is checked with them; returns what takes them back */
  readonly makeSecrets?: (text: string) => TakeBack | Promise<TakeBack>;
}
