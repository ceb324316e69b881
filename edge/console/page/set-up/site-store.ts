/**
 * The site's document in the page: its values with their revision, and the one way to change it.
 *
 *   load ──► values ── save(edits over the revision that a form has seen) ──► saved: values are loaded again
 *                       ├── refused: mistakes by path        └── conflict: what others changed
 *                       └── no answer: an error; nothing is known to have changed
 *
 * Always: the values belong to the revision beside them; a failed load leaves the older ones.
 */
import type { Message } from '@forpost/shared/texts/message.ts';
import type { ChangeInWords, Edit, EditPath, Fields, Revision } from '../../view.ts';
import { call, post, RefusedError } from '../api.ts';
import { base } from '../base.ts';
import { say } from '../texts.ts';

/** What is wrong with a value, in the reader's language. */
export interface Mistake {
  /** as the path of an edit; empty: of no field */
  readonly path: EditPath;
  readonly words: string;
}

export interface Conflict {
  /** the revision that is the newest now; it has all changes below */
  readonly newest: Revision;
  /** who made it, as the history names them; empty: unknown */
  readonly by: string;
  /** what others changed, in the reader's language */
  readonly changes: readonly string[];
  /** the file was edited by hand and is not taken up: no save succeeds before */
  readonly byHand: boolean;
}

export interface MadePassword {
  readonly id: string;
  readonly password: string;
}

export type Saved =
  | { readonly saved: Revision; readonly passwords: readonly MadePassword[] }
  | { readonly mistakes: readonly Mistake[] }
  | { readonly conflict: Conflict };

export interface SaveOptions {
  /** SHA-256 of the revision that the author has seen */
  readonly seen: string;
  readonly why?: string;
  /** new devices and consumers get passwords, which the answer has */
  readonly passwords?: boolean;
}

/** A check of a large site takes so long on a small machine. */
const saveWithinMs = 60_000;

export class SiteStore {
  readonly #changed: () => void;
  #revision: Revision | undefined;
  #values: Fields = {};
  #loading: Promise<void> | undefined;

  /** `changed`: called after the values have changed */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** The newest revision that is known here. @throws RangeError before the first load */
  get revision(): Revision {
    if (this.#revision === undefined) throw new RangeError('the site is not loaded');
    return this.#revision;
  }

  get isLoaded(): boolean {
    return this.#revision !== undefined;
  }

  get values(): Fields {
    return this.#values;
  }

  /** The entries of a section: devices, consumers, cameras, rules, … */
  entries(section: string): readonly Fields[] {
    const list = this.#values[section];
    return Array.isArray(list) ? (list as readonly Fields[]) : [];
  }

  entry(section: string, id: string): Fields | undefined {
    return this.entries(section).find((entry) => entry.id === id);
  }

  /** The value at a path of the document; undefined: there is none. */
  at(path: EditPath): unknown {
    return path.reduce<unknown>((value, key) => {
      if (Array.isArray(value))
        return typeof key === 'number' ? value[key] : value.find((entry: Fields | null) => entry?.id === key);
      return typeof value === 'object' && value !== null ? (value as Fields)[key] : undefined;
    }, this.#values);
  }

  /** Loads the values again; calls at the same time share one request. @throws as `call` */
  load(): Promise<void> {
    this.#loading ??= this.#fetch().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #fetch(): Promise<void> {
    const answer = await call(`${base}/api/v1/site/values`);
    const { revision, values } = (await answer.json()) as { revision: Revision; values: Fields };
    this.#revision = revision;
    this.#values = values;
    this.#changed();
  }

  /** @throws as `call`, where the gateway has not answered: then the change may have been made */
  save(edits: readonly Edit[], { seen, why, passwords }: SaveOptions): Promise<Saved> {
    const body = { edits, ...(why === undefined ? {} : { why }), ...(passwords === true ? { passwords } : {}) };
    return this.#change('PATCH', '', body, seen);
  }

  /** Brings an older document back, as a new revision. `to`: its number. @throws as `save` */
  undo(to: number, { seen, why }: Pick<SaveOptions, 'seen' | 'why'>): Promise<Saved> {
    return this.#change('POST', '/undo', { to: String(to), ...(why === undefined ? {} : { why }) }, seen);
  }

  /** Takes up the file that was edited by hand. @throws as `save` */
  async takeUp(): Promise<Saved> {
    return this.answered(() => post(`${base}/api/v1/site/apply`, {}, saveWithinMs));
  }

  #change(method: string, path: string, body: object, seen: string): Promise<Saved> {
    const headers = { 'content-type': 'application/json', 'if-match': `"${seen}"` };
    const init = { method, headers, body: JSON.stringify(body) };
    return this.answered(() => call(`${base}/api/v1/site${path}`, init, saveWithinMs));
  }

  /** The result of a change that an area sends to a route of its own. @throws as `call` */
  async answered(ask: () => Promise<Response>): Promise<Saved> {
    try {
      const answer = (await (await ask()).json()) as {
        readonly revision?: Revision;
        readonly unchanged?: Revision;
        readonly passwords?: readonly MadePassword[];
      };
      // the change is made: if this load fails, the next status loads the values
      await this.load().catch(() => undefined);
      return { saved: answer.revision ?? answer.unchanged ?? this.revision, passwords: answer.passwords ?? [] };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      if (error.status === 412) {
        await this.load();
        return { conflict: conflictIn(error) };
      }
      return { mistakes: mistakesIn(error) };
    }
  }
}

interface ConflictMembers {
  readonly conflict?: string;
  readonly newest: Revision;
  readonly changes?: readonly ChangeInWords[];
}

function conflictIn({ members }: RefusedError): Conflict {
  const { conflict, newest, changes = [] } = members as unknown as ConflictMembers;
  return { newest, by: newest.author.name, changes: changes.map(inWords), byHand: conflict === 'by-hand' };
}

function mistakesIn({ message, members }: RefusedError): readonly Mistake[] {
  const { mistakes, problems } = members as {
    readonly mistakes?: readonly { path: EditPath; message: string; message_i18n?: Message }[];
    readonly problems?: readonly string[];
  };
  if (mistakes !== undefined && mistakes.length > 0)
    return mistakes.map(({ path, message: text, message_i18n: i18n }) => ({ path, words: say(i18n, text) }));
  return problems === undefined || problems.length < 2
    ? [{ path: [], words: message }]
    : problems.map((words) => ({ path: [], words }));
}

/** A change of the document, in the reader's language. */
export function inWords({ message, message_i18n: i18n }: ChangeInWords): string {
  return say(i18n, message);
}
