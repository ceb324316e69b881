/**
 * The site as it is now: its document, and the parts of the running gateway that take each change.
 *
 *   change ─► document checked ─► every part prepares ─► document on disk ─► every part commits ─► reported (history, log)
 *               └─ wrong ───────────┴─ one refuses: nothing has changed (document.ts)
 *
 * Always: all parts take a change or none; they commit in the order of the list and in one turn, so that no message and
 * no frame sees half of it; `current` is the newest revision, which is what the file says, or what it said before somebody
 * edited it by hand.
 */

import { type Words, words } from '@forpost/shared/texts/english.ts';
import type { Sentence } from '@forpost/shared/texts/sentence.ts';
import type { Changed, ChangeRequest, LoadedDocument, Prepared, Refused } from './change.ts';
import { SiteDocument, type SiteDocumentOptions } from './document.ts';
import { refusedFor } from './refused-for.ts';
import type { Author, Revision } from './revision.ts';
import type { CameraScene } from './scene-edit.ts';
import type { Site } from './site.ts';

/** A part of the gateway that a change of the site concerns. */
export interface SitePart {
  /** for the log */
  readonly name: string;
  /** Does in slices what takes long (shared/slices.ts), before `prepare` of the same `next`. Changes nothing. */
  ready?(next: LoadedDocument): Promise<void>;
  /** Says whether the part can take `next`. Changes nothing; `commit` of the result cannot fail. */
  prepare(next: LoadedDocument, before: Site): Prepared;
}

export type SceneSaved =
  | { readonly revision: string }
  /** another person has saved meanwhile, or the file was changed by hand */
  | { readonly conflict: string }
  /** what is wrong with the scene */
  | Refused;

/** A change of the site, for the central history. */
export interface SiteNote {
  readonly change: 'site-changed';
  readonly message: string;
  readonly by: string;
  readonly revision: number;
  /** SHA-256 of the documents before and after */
  readonly from: string;
  readonly to: string;
}

export interface LiveSiteOptions extends Omit<SiteDocumentOptions, 'ready' | 'prepare'> {
  /** the site with which the parts were built */
  readonly site: Site;
  /** the parts, in the order in which they commit */
  readonly parts: readonly SitePart[];
  readonly onChanged: (note: SiteNote) => void;
  /** a part failed to commit: a defect */
  readonly onFailed: (part: string, error: unknown) => void;
}

/** Changes that a sentence of the history names. */
const mostNamed = 5;

export class LiveSite {
  readonly #options: LiveSiteOptions;
  /** the document and its revisions: the door */
  readonly document: SiteDocument;
  #site: Site;

  constructor(options: LiveSiteOptions) {
    this.#options = options;
    this.#site = options.site;
    this.document = new SiteDocument({
      ...options,
      ready: async (loaded) => {
        for (const part of options.parts) await part.ready?.(loaded);
      },
      prepare: (loaded) => this.#prepare(loaded),
    });
  }

  get current(): Site {
    return this.#site;
  }

  /** Reads the document and its revisions. @throws where the file cannot be read */
  async start(): Promise<void> {
    await this.document.open();
  }

  /** Reports an edit by hand that was found at the start. Called once everything runs. */
  reportHandEdit(): void {
    const { takenUp, newest } = this.document;
    if (takenUp !== undefined) this.#options.onChanged(noteOf(newest, takenUp.from));
  }

  /** Waits for the change that is under way. */
  async stop(): Promise<void> {
    await this.document.idle();
  }

  /** Saves what `by` drew in one camera's picture over the revision that was seen. @throws what the file system says */
  async saveScene(camera: string, revision: string, scene: CameraScene, by: string): Promise<SceneSaved> {
    const saved = await this.document.change({
      seen: revision,
      author: { kind: 'page', name: by },
      why: '',
      edit: { camera, scene },
    });
    if ('problems' in saved) return saved;
    if ('unchanged' in saved) return { revision: saved.unchanged.sha256 };
    if ('revision' in saved) return { revision: saved.revision.sha256 };
    return { conflict: conflictInWords(saved) };
  }

  /** Changes the document for `name` at the centre; in words what became of it. */
  async changeForCentre(
    change: Pick<ChangeRequest, 'seen' | 'why' | 'edit'>,
    name: string,
  ): Promise<{ readonly applied: Sentence } | { readonly refused: Sentence }> {
    if (this.#site.localOnly === true) return { refused: words('gateway/reason.local-only') };
    const changed = await this.document.change({ ...change, author: { kind: 'centre', name } });
    if ('problems' in changed) return { refused: refusedFor(changed) };
    if ('conflict' in changed) return { refused: conflictInWords(changed) };
    const { number } = 'unchanged' in changed ? changed.unchanged : changed.revision;
    return { applied: words('gateway/answer.revision-now', { number: String(number) }) };
  }

  #prepare(loaded: LoadedDocument): Prepared {
    const before = this.#site;
    const prepared = this.#options.parts.map((part) => ({ part, answer: part.prepare(loaded, before) }));
    const refused = prepared.flatMap(({ answer }) => ('refused' in answer ? answer.refused : []));
    if (refused.length > 0) return { refused };
    return {
      commit: () => {
        for (const { part, answer } of prepared)
          try {
            if ('commit' in answer) answer.commit();
          } catch (error) {
            this.#options.onFailed(part.name, error);
          }
        this.#site = loaded.site;
        this.#options.onChanged(noteOf(this.document.newest, before.revision));
      },
    };
  }
}

/** A conflict as a sentence for the author of the refused change. */
export function conflictInWords({ conflict, changes }: Extract<Changed, { conflict: unknown }>): Words {
  const what = changes.map(({ message }) => message).join('; ');
  if (conflict === 'by-hand') return words('gateway/reason.changed-by-hand', { what });
  return what === '' ? words('gateway/reason.saved-meanwhile') : words('gateway/reason.changed-meanwhile', { what });
}

export function authorInWords({ kind, name }: Author): string {
  if (kind === 'file') return 'somebody with an editor';
  const who = name === '' ? 'somebody' : name;
  if (kind === 'page') return who;
  return kind === 'centre' ? `${who} at the centre` : `${who} on the command line`;
}

function noteOf({ number, sha256, author, changes }: Revision, from: string): SiteNote {
  const by = authorInWords(author);
  const more = changes.length - mostNamed;
  const named = changes.slice(0, mostNamed).map(({ message }) => message);
  const what = [...named, ...(more > 0 ? [`${more} more`] : [])].join('; ');
  const message = `${by} changed the site (revision ${number}): ${what}`;
  return { change: 'site-changed', message, by, revision: number, from, to: sha256 };
}
