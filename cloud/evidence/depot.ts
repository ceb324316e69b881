/**
 * A folder with the evidence that staff asked gateways for: pictures and clips of alarms.
 *
 *   asked for ──► arriving, part by part (PUT with Content-Range) ──► whole, SHA-256 right ──► here ──► too old, no room
 *                   └── SHA-256 wrong: begun again                                                  └── deleted
 *
 * Always: a gateway delivers only items that it was asked for, in order, and no more bytes than announced. An item here
 * equals, byte for byte, the one that its alert named. Each file has one writer. Bytes, the size of an item and the number
 * of open requests are bounded: the oldest item makes room, and beyond that new requests are refused. A kill leaves a whole
 * file, or a part that goes on where it stopped.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import { moveFile, replaceFile } from '@forpost/shared/files.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { mediaSchema, mostItemBytes } from './schemas.ts';

const recordSchema = Type.Object({
  gateway: Type.String({ pattern: idPatternText }),
  /** the gateway's id of the item */
  evidence: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  size: Type.Integer({ minimum: 1, maximum: mostItemBytes }),
  media: mediaSchema,
  /** the alarm of the first request */
  alarm: Type.String({ maxLength: 300 }),
  /** other alarms that it was asked for: one clip or frame may show the cause of several */
  others: Type.Optional(Type.Array(Type.String({ maxLength: 300 }))),
  by: Type.String(),
  /** RFC 3339 */
  asked: Type.String(),
  arrived: Type.Union([Type.String(), Type.Null()]),
});
export type DepotRecord = Type.Static<typeof recordSchema>;
const isRecord = Compile(recordSchema);

export interface DepotOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** of all items; default 10 GiB */
  readonly maxBytes?: number;
}

const defaultMaxBytes = 10 * 1024 ** 3;
const mostAskedOfOne = 200;
const mostRecords = 20_000;
const mostOthers = 100;
/** An item that its gateway has not delivered within this time must be requested again. */
const askedForMs = 2 * 86_400_000;

export class EvidenceDepot implements Part {
  readonly #options: DepotOptions;
  readonly #maxBytes: number;
  readonly #records = new Map<string, DepotRecord>();
  readonly #received = new Map<string, number>();
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: DepotOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? defaultMaxBytes;
  }

  async start(): Promise<void> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const names = await readdir(folder);
    for (const name of names.filter((one) => one.endsWith('.json'))) await this.#find(name.slice(0, -'.json'.length));
    for (const name of names)
      if (/\.(json|part|bin|next)$/.test(name) && !this.#records.has(name.replace(/(\.json)?\.[a-z]+$/, '')))
        await rm(join(folder, name), { force: true });
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#turns.values());
  }

  /** Notes that staff ask for an item. Durable when it resolves; a repetition is harmless. @throws HttpProblem 429 */
  async request(wanted: Omit<DepotRecord, 'asked' | 'arrived' | 'others'>): Promise<DepotRecord> {
    const key = keyOf(wanted.gateway, wanted.sha256);
    return this.#inTurn(key, async () => {
      const known = this.#records.get(key);
      if (known !== undefined && (known.arrived !== null || !this.#isOver(known))) {
        if (belongsTo(known, wanted.alarm)) return known;
        const others = [...(known.others ?? []), wanted.alarm].slice(-mostOthers);
        const shared: DepotRecord = { ...known, others };
        await this.#note(key, shared);
        return shared;
      }
      await this.#dropOld();
      const open = [...this.#records.values()].filter(
        ({ gateway, arrived }) => gateway === wanted.gateway && arrived === null,
      );
      if (open.length >= mostAskedOfOne)
        throw new HttpProblem(
          429,
          message('centre/reason.many-pictures', { count: mostAskedOfOne, gateway: wanted.gateway }),
        );
      const record: DepotRecord = { ...wanted, asked: rfc3339(this.#options.clock.now()), arrived: null };
      await this.#note(key, record);
      return record;
    });
  }

  get(gateway: string, sha256: string): DepotRecord | undefined {
    return this.#records.get(keyOf(gateway, sha256));
  }

  /** The items that a gateway was asked for, and how much of each is here; `alarm`: of this alarm alone. */
  list(gateway: string, alarm?: string): readonly (DepotRecord & { readonly received: number })[] {
    return [...this.#records.values()]
      .filter((record) => record.gateway === gateway && (alarm === undefined || belongsTo(record, alarm)))
      .map((record) => ({ ...record, received: this.received(record) }));
  }

  received({ gateway, sha256, arrived, size }: DepotRecord): number {
    return arrived === null ? (this.#received.get(keyOf(gateway, sha256)) ?? 0) : size;
  }

  pathOf({ gateway, sha256 }: Pick<DepotRecord, 'gateway' | 'sha256'>): string {
    return join(this.#options.folder, `${keyOf(gateway, sha256)}.bin`);
  }

  /**
   * Receives the next part of an item from `gateway`. Resolves when the part is on disk, with the bytes so far.
   * @throws HttpProblem 404 not requested, 409 another part is next, 413 more bytes than announced, 422 another content
   */
  receivePart(gateway: string, sha256: string, start: number, total: number, bytes: Uint8Array): Promise<number> {
    const key = keyOf(gateway, sha256);
    return this.#inTurn(key, async () => {
      const record = this.#records.get(key);
      if (record === undefined) throw new HttpProblem(404, message('reason/receiver.not-asked'));
      if (record.arrived !== null) return record.size;
      if (total !== record.size || start + bytes.length > total)
        throw new HttpProblem(
          413,
          message('reason/receiver.other-size', {
            asked: String(record.size),
            sent: String(Math.max(total, start + bytes.length)),
          }),
        );
      const received = this.#received.get(key) ?? 0;
      if (start !== received)
        throw new HttpProblem(409, message('reason/receiver.next-byte', { byte: String(received) }), {
          'upload-offset': String(received),
        });
      await this.#append(this.#part(key), start, bytes);
      this.#received.set(key, start + bytes.length);
      if (start + bytes.length === total) await this.#complete(key, record);
      return start + bytes.length;
    });
  }

  async #append(path: string, start: number, bytes: Uint8Array): Promise<void> {
    const handle = await open(path, start === 0 ? 'w' : 'r+', 0o600);
    try {
      await handle.write(bytes, 0, bytes.length, start);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async #complete(key: string, record: DepotRecord): Promise<void> {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(this.#part(key))) hash.update(chunk);
    if (hash.digest('hex') !== record.sha256) {
      await rm(this.#part(key), { force: true });
      this.#received.set(key, 0);
      throw new HttpProblem(422, message('reason/receiver.other-hash'));
    }
    await this.#makeRoom(record.size);
    await moveFile(this.#part(key), this.pathOf(record));
    await this.#note(key, { ...record, arrived: rfc3339(this.#options.clock.now()) });
    this.#received.delete(key);
  }

  /** Deletes the oldest items until there is room. */
  async #makeRoom(bytes: number): Promise<void> {
    const here = [...this.#records.entries()].filter(([, { arrived }]) => arrived !== null);
    let all = here.reduce((sum, [, { size }]) => sum + size, 0) + bytes;
    here.sort(([, a], [, b]) => ((a.arrived ?? '') < (b.arrived ?? '') ? -1 : 1));
    for (const [key, record] of here) {
      if (all <= this.#maxBytes && this.#records.size < mostRecords) return;
      all -= record.size;
      await this.#forget(key);
    }
  }

  async #dropOld(): Promise<void> {
    for (const [key, record] of this.#records)
      if (record.arrived === null && this.#isOver(record)) await this.#forget(key);
  }

  #isOver({ asked }: DepotRecord): boolean {
    return this.#options.clock.now() - Date.parse(asked) > askedForMs;
  }

  async #forget(key: string): Promise<void> {
    this.#records.delete(key);
    this.#received.delete(key);
    for (const ending of ['json', 'part', 'bin'])
      await rm(join(this.#options.folder, `${key}.${ending}`), { force: true });
  }

  async #note(key: string, record: DepotRecord): Promise<void> {
    await replaceFile(join(this.#options.folder, `${key}.json`), JSON.stringify(record));
    this.#records.set(key, record);
  }

  async #find(key: string): Promise<void> {
    const { folder, logger } = this.#options;
    try {
      const value: unknown = JSON.parse(await readFile(join(folder, `${key}.json`), 'utf8'));
      if (!isRecord.Check(value) || keyOf(value.gateway, value.sha256) !== key) return;
      const whole = await sizeOf(this.pathOf(value));
      // killed between the rename of the file and its note: the file was checked before the rename
      if (value.arrived === null && whole === value.size) await this.#note(key, { ...value, arrived: value.asked });
      else if (value.arrived === null || whole === value.size) this.#records.set(key, value);
      if (value.arrived === null && whole === undefined)
        this.#received.set(key, Math.min((await sizeOf(this.#part(key))) ?? 0, value.size - 1));
    } catch (error) {
      logger.warn({ file: `${key}.json`, why: messageOf(error) }, 'a record of evidence cannot be read: it is deleted');
    }
  }

  #part(key: string): string {
    return join(this.#options.folder, `${key}.part`);
  }

  #inTurn<T>(key: string, run: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(run, run);
    this.#turns.set(key, turn);
    const done = () => {
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    };
    turn.then(done, done);
    return turn;
  }
}

/** Whether the item was asked for as a piece of `alarm`. */
export function belongsTo({ alarm: first, others }: DepotRecord, alarm: string): boolean {
  return first === alarm || (others?.includes(alarm) ?? false);
}

function keyOf(gateway: string, sha256: string): string {
  return `${gateway}.${sha256}`;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}
