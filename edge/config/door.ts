/** What the command line does with the site's document, whether a gateway runs (socket-door.ts) or not (site-door.ts). */
import type { Preview } from '../site/change.ts';
import type { Edit } from '../site/document-edit.ts';
import type { ChangeInWords, Revision } from '../site/revision.ts';
import type { CameraLogin } from './camera-logins.ts';

/** A change that was made; `revision` absent: the document was the same already. */
export interface Made {
  readonly revision?: Revision;
  readonly unchanged?: Revision;
}

/** All: @throws ForpostError FORPOST_SITE_CONFLICT, FORPOST_CONFIG_INVALID (one line a problem), FORPOST_ARGUMENT_INVALID */
export interface SiteDoor {
  /** default: the newest */
  show(revision?: string): Promise<{ readonly revision: Revision; readonly document: string }>;
  /** newest first */
  history(): Promise<readonly Revision[]>;
  diff(from: string, to?: string): Promise<readonly ChangeInWords[]>;
  /** what a document would change */
  check(document: string): Promise<Preview>;
  /** what was edited by hand in the file */
  byHand(): Promise<Preview>;
  put(seen: string, document: string, why: string): Promise<Made>;
  undo(seen: string, to: string, why: string): Promise<Made>;
  /** adds or changes a camera with its log-in; undefined: the log-in stays, an empty user removes it */
  saveCamera(
    seen: string,
    camera: string,
    edits: readonly Edit[],
    login: CameraLogin | undefined,
    why: string,
  ): Promise<Made>;
  /** takes up the file that was edited by hand */
  apply(why: string): Promise<Made>;
}
