/**
 * A revision of the site's document: who changed it when, why, and what changed in words. Numbers count up by one from 1
 * and are never used twice; the SHA-256 of the text says whether two documents are the same.
 */
import { createHash } from 'node:crypto';
import type { Message } from '@forpost/shared/texts/message.ts';

/**
 * Who made a revision. page: a person with a log-in · command-line: a user of this machine · centre: a person at the centre
 * · file: somebody who edited the file by hand.
 */
export interface Author {
  readonly kind: 'page' | 'command-line' | 'centre' | 'file';
  /** log-in name or user name; empty: unknown */
  readonly name: string;
}

/** One change in words: English, and the message for readers of another language. */
export interface ChangeInWords {
  readonly message: string;
  readonly message_i18n?: Message;
}

export interface Revision {
  readonly number: number;
  /** of the document's text, hex */
  readonly sha256: string;
  readonly author: Author;
  /** RFC 3339, by the gateway's clock */
  readonly at: string;
  /** the reason that the author gave; empty: none */
  readonly why: string;
  readonly changes: readonly ChangeInWords[];
  /** the Forpost that wrote the revision */
  readonly version: string;
}

/** SHA-256 of a document's text, in hex. */
export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Whether `seen`, a number or the begin of a SHA-256 of 6 digits or more, names this revision. */
export function names(seen: string, { number, sha256 }: Pick<Revision, 'number' | 'sha256'>): boolean {
  return seen === String(number) || (seen.length >= 6 && /^[0-9a-f]+$/.test(seen) && sha256.startsWith(seen));
}
