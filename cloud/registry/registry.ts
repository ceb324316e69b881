/**
 * Decisions of people and of the centre, as records: key `kind/id`, a revision, an author. With Kafka they stand in the
 * compacted topic `forpost.registry` (topic-registry.ts), without Kafka in a file of the data folder (file-registry.ts).
 *
 * Always: a write names the revision that it saw. All readers apply records in the order of the log and ignore a record
 * whose revision is not newer, so two centres agree without a lock. `put` resolves after its record was read back.
 */
import type { Part } from '@forpost/shared/lifecycle.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

export interface RegistryRecord {
  readonly kind: string;
  readonly id: string;
  /** 1 is the first */
  readonly revision: number;
  /** a log-in name, or `centre` */
  readonly author: string;
  /** ms since 1970 */
  readonly at: number;
  readonly data: unknown;
}

export interface Registry extends Part {
  /** whether all records that stood in the log at the start have been read */
  readonly complete: boolean;
  get(kind: string, id: string): RegistryRecord | undefined;
  all(kind: string): readonly RegistryRecord[];
  /**
   * Writes `data` as the revision after `seen` (0: there was none). False: another write was first, look again.
   * @throws ForpostError: retryable; it may have been written all the same
   */
  put(write: RegistryWrite): Promise<boolean>;
  /**
   * Calls `listener` with each record of `kind` that counts; a listener added before `start` gets the stored ones too.
   * Returns a function that removes the listener.
   */
  onChange(kind: string, listener: (record: RegistryRecord) => void): () => void;
}

export interface RegistryWrite extends Pick<RegistryRecord, 'kind' | 'id' | 'author' | 'data'> {
  readonly seen: number;
}

/** Of one record's JSON. */
const maxRecordBytes = 65_536;
/** 100,000 gateways with a site and an alarm each. */
export const maxRecords = 250_000;

const isRecord = Compile(
  Type.Object({
    kind: Type.String({ pattern: '^[a-z][a-z-]{0,63}$' }),
    id: Type.String({ minLength: 1, maxLength: 256 }),
    revision: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    author: Type.String({ maxLength: 256 }),
    at: Type.Number(),
    data: Type.Unknown(),
    /** id of the write, by which its author recognises it */
    write: Type.Optional(Type.String({ maxLength: 64 })),
  }),
);

/** A record as it stands in the log. */
export interface WrittenRecord extends RegistryRecord {
  readonly write?: string;
}

/** A record from its JSON; undefined where it is none. */
export function recordIn(text: string): WrittenRecord | undefined {
  if (text.length > maxRecordBytes) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord.Check(value) ? (value as WrittenRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** The records that count, and their listeners. */
export class RegistryBook {
  readonly #records = new Map<string, Map<string, RegistryRecord>>();
  readonly #listeners = new Map<string, Set<(record: RegistryRecord) => void>>();
  #count = 0;

  get(kind: string, id: string): RegistryRecord | undefined {
    return this.#records.get(kind)?.get(id);
  }

  all(kind: string): readonly RegistryRecord[] {
    return [...(this.#records.get(kind)?.values() ?? [])];
  }

  /** Applies a record of the log; false where it does not count: a newer one was first, or there are `maxRecords`. */
  apply(record: WrittenRecord): boolean {
    const { write: _, ...kept } = record;
    const known = this.get(record.kind, record.id);
    if (known !== undefined && known.revision >= record.revision) return false;
    if (known === undefined && this.#count >= maxRecords) return false;
    if (known === undefined) this.#count++;
    const ofKind = this.#records.get(record.kind) ?? new Map<string, RegistryRecord>();
    this.#records.set(record.kind, ofKind.set(record.id, kept));
    for (const listener of this.#listeners.get(record.kind) ?? []) listener(kept);
    return true;
  }

  onChange(kind: string, listener: (record: RegistryRecord) => void): () => void {
    const ofKind = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, ofKind.add(listener));
    return () => ofKind.delete(listener);
  }
}
