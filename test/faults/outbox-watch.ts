/**
 * Records which reading has which number, by reading the gateway's outbox repeatedly while it fills: a gap record names shed
 * readings by number alone, and the verification must know which ones they were.
 *
 *   a thread: open, read what is new, close ──► the next look, 50 ms later
 *
 * Always: it holds no connection between two looks, so that a gateway that starts after a kill finds the file unchanged.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { eventTypes } from '@forpost/shared/event/event.ts';
import Database from 'better-sqlite3';
import { keyOf } from './load/device.ts';

/** `<epoch>/telemetry/<seq>` and the reading's key; empty for another event. */
type Seen = readonly [number: string, key: string];

const checkEveryMs = 50;
const mostRows = 20_000;

export class OutboxWatch {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #keys = new Map<string, string>();

  /** `file` may not exist yet. */
  constructor(file: string) {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: { watched: file } });
    this.#worker.on('message', (seen: readonly Seen[]) => {
      for (const [number, key] of seen) this.#keys.set(number, key);
    });
    // the verification reports readings that this thread has not seen
    this.#worker.on('error', () => undefined);
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
  }

  /** Number -> key of every event of the telemetry lanes that was seen in the outbox. */
  get keys(): ReadonlyMap<string, string> {
    return this.#keys;
  }

  /** Asks the thread to end: killing it while it loads SQLite would crash the process. */
  async stop(): Promise<void> {
    this.#worker.postMessage('stop');
    await this.#ended;
  }
}

interface Row {
  readonly seq: number;
  readonly type: string;
  readonly device: string | null;
  readonly data: string;
}

function look(file: string, through: Map<string, number>): readonly Seen[] {
  const seen: Seen[] = [];
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    const rows = db.prepare<[string, number], Row>(
      `select seq, type, device, data from events where epoch = ? and lane = 'telemetry' and seq > ?
       order by seq limit ${mostRows}`,
    );
    for (const epoch of db.prepare<[], string>(`select distinct epoch from lanes`).pluck().all())
      for (const { seq, type, device, data } of rows.all(epoch, through.get(epoch) ?? 0)) {
        through.set(epoch, seq);
        const isReading = type === eventTypes.reading;
        const key = isReading ? keyOf(device ?? '', JSON.parse(data) as Record<string, unknown>) : undefined;
        seen.push([`${epoch}/telemetry/${seq}`, key ?? '']);
      }
  } finally {
    db.close();
  }
  return seen;
}

function watch(file: string): void {
  const through = new Map<string, number>();
  let next: NodeJS.Timeout | undefined;
  parentPort?.once('message', () => clearTimeout(next));
  const goOn = () => {
    try {
      const seen = look(file, through);
      if (seen.length > 0) parentPort?.postMessage(seen);
    } catch {
      // the file does not exist yet, or its disk fails, which is what these runs test
    }
    next = setTimeout(goOn, checkEveryMs);
  };
  goOn();
}

const given = workerData as { readonly watched?: string } | null;
if (!isMainThread && typeof given?.watched === 'string') watch(given.watched);
