/**
 * The door by which a list of devices enters the site: for the API and the command line (config/device-import.ts).
 *
 * Always: all devices of a list are added with their credentials in one revision, or nothing has changed.
 */
import type { Author, ChangeInWords, Revision } from '../site/revision.ts';

export interface ListProblem {
  /** both from 1, in the list */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A device that was added, with its log-in. */
export interface AddedLogIn {
  readonly id: string;
  readonly name: string;
  /** shown once, and kept nowhere; empty: it had a password before */
  readonly password: string;
}

export type ImportedDevices =
  | { readonly revision: Revision; readonly added: readonly AddedLogIn[] }
  /** the list was only checked: what it would add */
  | { readonly wouldAdd: number }
  | { readonly problems: readonly ListProblem[] }
  /** others changed the site meanwhile */
  | { readonly conflict: string; readonly changes: readonly ChangeInWords[] };

export interface ImportRequest {
  /** CSV; its first line names the fields of a device */
  readonly csv: string;
  /** true: changes nothing */
  readonly check: boolean;
  readonly author: Author;
  /** empty: none */
  readonly why: string;
}

export interface ImportDoor {
  importDevices(request: ImportRequest): Promise<ImportedDevices>;
}
