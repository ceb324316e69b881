/**
 * A model of the outbox for tests and simulations, with the same promises and without a disk. The content of a
 * `MemoryDisk` survives `stop`, and the next outbox on it finds the content, like a file.
 *
 * Always: a commit takes one turn of the event loop, so that no caller comes to rely on an immediate `append`.
 */

import { ForpostError } from '@forpost/shared/errors.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import { asId, type Epoch, type Lane, lanes, type Sequence } from '@forpost/shared/event/ids.ts';
import type { LaneBacklog } from '@forpost/shared/event/status.ts';
import { noWords } from '@forpost/shared/texts/english.ts';
import {
  type Appended,
  type DeadLetter,
  type EventDraft,
  type Outbox,
  type OutboxEntry,
  type OutboxReader,
  type OutboxStatus,
  type ReusedIds,
  unlimitedSpace,
} from '../outbox.ts';

interface MemoryLane {
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly events: StoredEvent[];
}

/** The content of the simulated disk. */
export class MemoryDisk {
  readonly lanes: MemoryLane[] = [];
  readonly cursors = new Map<string, Sequence>();
  /** the newest content by device and id; 0: the id alone counts */
  readonly recent = new Map<string, number>();
  readonly reused = new Map<string, ReusedIds>();
  readonly deadLetters: DeadLetter[] = [];
  starts = 0;
}

export class MemoryOutbox implements Outbox {
  readonly file = ':memory:';
  readonly #disk: MemoryDisk;
  readonly #newEpoch: () => string;
  readonly #listeners = new Set<() => void>();
  #epoch: Epoch | undefined;
  #running = false;
  #pending: Promise<unknown> = Promise.resolve();
  #queued = 0;
  #commits = 0;
  #committed = 0;
  #repeated = 0;

  constructor(disk: MemoryDisk, newEpoch: () => string) {
    this.#disk = disk;
    this.#newEpoch = newEpoch;
  }

  get epoch(): Epoch {
    if (this.#epoch === undefined) throw new Error('the outbox has no epoch before it is started');
    return this.#epoch;
  }

  async start(): Promise<void> {
    const epoch = asId<'epoch'>(this.#newEpoch());
    this.#epoch = epoch;
    this.#disk.starts++;
    this.#disk.lanes.push(...lanes.map((lane) => ({ epoch, lane, events: [] })));
    this.#running = true;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#pending;
  }

  append(entry: OutboxEntry): Promise<Appended> {
    if (!this.#running) return Promise.reject(new ForpostError('FORPOST_OUTBOX_STOPPED', 'the outbox is not running'));
    this.#queued++;
    const appended = this.#pending.then(
      () =>
        new Promise<Appended>((resolve) => {
          setImmediate(() => resolve(this.#commit(entry)));
        }),
    );
    this.#pending = appended;
    return appended;
  }

  acknowledge(sink: string, epoch: Epoch, lane: Lane, through: Sequence): void {
    if (!Number.isSafeInteger(through) || through < 1) throw new RangeError(`cannot acknowledge number ${through}`);
    this.#pending = this.#pending.then(() => {
      const key = `${sink}/${epoch}/${lane}`;
      const assigned = this.#disk.lanes.find((l) => l.epoch === epoch && l.lane === lane)?.events.length ?? 0;
      if (through <= assigned && through > (this.#disk.cursors.get(key) ?? 0)) this.#disk.cursors.set(key, through);
    });
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  status(): OutboxStatus {
    return {
      epoch: this.epoch,
      starts: this.#disk.starts,
      committedEvents: this.#committed,
      repeatedEvents: this.#repeated,
      reusedIds: [...this.#disk.reused.values()],
      deadLetters: this.#disk.deadLetters.length,
      commits: this.#commits,
      lastCommitMs: 0,
      longestCommitMs: 0,
      queued: this.#queued,
      fileBytes: 0,
      lastSyncMs: 0,
      longestSyncMs: 0,
      room: unlimitedSpace,
      problem: noWords,
    };
  }

  async deadLetters(limit: number, device?: string): Promise<readonly DeadLetter[]> {
    const wanted = this.#disk.deadLetters.filter((letter) => device === undefined || letter.device === device);
    return wanted.toReversed().slice(0, limit);
  }

  /** The counterpart of `openReader(file)`. */
  reader(): OutboxReader {
    return {
      backlog: (sink) =>
        this.#disk.lanes.flatMap(({ epoch, lane, events }): LaneBacklog[] => {
          const acknowledged = this.#disk.cursors.get(`${sink}/${epoch}/${lane}`) ?? 0;
          const bytes = events.slice(acknowledged).reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
          return events.length > acknowledged ? [{ epoch, lane, assigned: events.length, acknowledged, bytes }] : [];
        }),
      drained: (sink, limit) => {
        const epochs = this.#disk.lanes.map(({ epoch }) => epoch);
        return this.#disk.lanes
          .filter(({ epoch, lane, events }) => this.#disk.cursors.get(`${sink}/${epoch}/${lane}`) === events.length)
          .filter(({ events }) => events.length > 0)
          .toSorted((a, b) => epochs.indexOf(b.epoch) - epochs.indexOf(a.epoch))
          .slice(0, limit)
          .map(({ epoch, lane, events: { length } }) => ({
            epoch,
            lane,
            assigned: length,
            acknowledged: length,
            bytes: 0,
          }));
      },
      read: (epoch, lane, after, maxEvents, maxBytes) => {
        const events = this.#disk.lanes.find((l) => l.epoch === epoch && l.lane === lane)?.events ?? [];
        const taken: StoredEvent[] = [];
        let bytes = 0;
        for (const event of events.slice(after, after + Math.max(1, maxEvents))) {
          bytes += Buffer.byteLength(event.data);
          if (taken.length > 0 && bytes > maxBytes) break;
          taken.push(event);
        }
        return taken;
      },
      newest: (lane, limit) =>
        this.#disk.lanes
          .filter((one) => one.lane === lane)
          .flatMap(({ events }) => events)
          .toReversed()
          .slice(0, limit),
      isStored: (device, resendId) => this.#disk.recent.has(JSON.stringify([device, resendId])),
      close: () => undefined,
    };
  }

  #commit(entry: OutboxEntry): Appended {
    let stored = 0;
    for (const { resendId, content = 0, ...draft } of entry.events) {
      if (resendId !== undefined && !this.#isNew(draft, resendId, content)) continue;
      const lane = this.#disk.lanes.find((l) => l.epoch === this.#epoch && l.lane === draft.lane);
      lane?.events.push({ ...draft, epoch: this.epoch, sequence: lane.events.length + 1 });
      stored++;
    }
    if (entry.deadLetter !== undefined) this.#disk.deadLetters.push(entry.deadLetter);
    this.#queued--;
    this.#commits++;
    this.#committed += stored;
    this.#repeated += entry.events.length - stored;
    if (stored > 0) for (const listener of [...this.#listeners]) listener();
    return { stored, repeated: entry.events.length - stored };
  }

  #isNew({ device, received }: Pick<EventDraft, 'device' | 'received'>, resendId: string, content: number): boolean {
    const key = JSON.stringify([device, resendId]);
    const known = this.#disk.recent.get(key);
    if (known !== undefined && (content === 0 || known === content)) return false;
    if (known !== undefined && known !== 0) {
      const name = device ?? '';
      const count = (this.#disk.reused.get(name)?.count ?? 0) + 1;
      this.#disk.reused.set(name, { device: name, count, lastAt: received });
    }
    this.#disk.recent.set(key, content);
    return true;
  }
}
