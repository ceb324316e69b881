/**
 * Keeps unsaved input in this tab of the browser: over a lost connection, a reload, and a way through other
 * places of the page.
 *
 * Always: bounded in number and size, the oldest go first; a draft has no secret; a browser without storage forgets.
 */
import type { Values } from './fields.ts';

export interface Draft {
  /** SHA-256 of the revision over which it was typed */
  readonly seen: string;
  /** when it was begun, ms since 1970 by this machine */
  readonly at: number;
  /** changed fields by name */
  readonly typed: Values;
  /** what the document said in these fields */
  readonly before: Values;
}

const prefix = 'forpost-draft ';
const mostDrafts = 20;
const longestDraft = 65_536;

export class Drafts {
  readonly #storage: () => Storage;
  /** of this page: several gateways may have one address, under different paths */
  readonly #place: string;

  /** `storage` throws where the browser has none */
  constructor(storage: () => Storage, place: string) {
    this.#storage = storage;
    this.#place = place;
  }

  read(key: string): Draft | undefined {
    const text = this.#safely((storage) => storage.getItem(this.#name(key))) ?? undefined;
    if (text === undefined) return undefined;
    try {
      const { seen, at, typed, before } = JSON.parse(text) as Partial<Draft>;
      if (typeof seen !== 'string' || typeof at !== 'number' || typed === undefined) return undefined;
      return { seen, at, typed, before: before ?? {} };
    } catch {
      return undefined;
    }
  }

  write(key: string, draft: Draft): void {
    const text = JSON.stringify(draft);
    if (text.length > longestDraft) return;
    this.#safely((storage) => {
      this.#makeRoom(storage, this.#name(key));
      storage.setItem(this.#name(key), text);
    });
  }

  remove(key: string): void {
    this.#safely((storage) => storage.removeItem(this.#name(key)));
  }

  #name(key: string): string {
    return `${prefix}${this.#place} ${key}`;
  }

  #makeRoom(storage: Storage, name: string): void {
    const others = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '').filter(
      (one) => one.startsWith(prefix) && one !== name,
    );
    const age = (one: string) => Number(/"at":(\d+)/.exec(storage.getItem(one) ?? '')?.[1] ?? 0);
    const oldest = others.sort((a, b) => age(a) - age(b));
    for (const one of oldest.slice(0, Math.max(0, others.length - mostDrafts + 1))) storage.removeItem(one);
  }

  #safely<T>(use: (storage: Storage) => T): T | undefined {
    try {
      return use(this.#storage());
    } catch {
      // no storage, or it is full: what is typed lasts as long as the form
      return undefined;
    }
  }
}
