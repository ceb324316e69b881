/**
 * What really happened, written down beside the simulated parts: what devices were told, what the disk committed, what
 * a restored image or a damaged file took away. The invariants (invariants.ts) hold the centre against it.
 */
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import { eventTypes, type GapData } from '@forpost/shared/event/event.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import type { SimulatedDisk, Tables, Transaction } from './disk.ts';

export interface Violation {
  /** P1 acknowledged means durable, P3 exactly once, P4 in order, P6 bounded; or it never settled */
  readonly promise: 'P1' | 'P3' | 'P4' | 'P6' | 'settles';
  readonly kind: 'lost' | 'duplicated' | 'unexplained' | 'conflict' | 'disordered' | 'deleted' | 'unbounded' | 'stuck';
  readonly what: string;
}

export function nameOf({ epoch, lane, sequence }: Pick<StoredEvent, 'epoch' | 'lane' | 'sequence'>): string {
  return `${epoch}/${lane}/${sequence}`;
}

/** The id that a device gave its reading, from an event's data. */
export function readingIn(data: unknown): string | undefined {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return /"id":"(r-[0-9]+-[0-9]+)"/.exec(text)?.[1];
}

export class Truth {
  readonly violations: Violation[] = [];
  /** ids of readings that a device was told are safe */
  readonly acknowledged = new Set<string>();
  /** every event that was on disk, by name */
  readonly committed = new Map<string, StoredEvent>();
  /** events and readings that an older image or a damaged file took away: they may be missing, or come twice */
  readonly forgivenEvents = new Set<string>();
  readonly forgivenReadings = new Set<string>();
  /** highest number that a sink need not get in a lane, because it was delivered by others and deleted before */
  readonly notOwed = new Map<string, Sequence>();
  /** for the sinks of the running gateway: what was deleted before it started */
  #deletedBefore = new Map<string, Sequence>();

  violate(promise: Violation['promise'], kind: Violation['kind'], what: string): void {
    this.violations.push({ promise, kind, what });
  }

  synced(transaction: Transaction): void {
    for (const change of transaction) {
      if (change.do !== 'insert') continue;
      const name = nameOf(change.event);
      if (this.committed.has(name)) this.violate('P3', 'conflict', `the number ${name} is given twice`);
      this.committed.set(name, change.event);
    }
  }

  /** The disk goes back: what it does not know any more is forgiven. */
  forgiveWhatIsGone(disk: SimulatedDisk, goBack: () => void): void {
    const { resendKeys } = disk.tables;
    const deleted = deletedIn(disk.tables);
    goBack();
    const { tables } = disk;
    const there = new Set(tables.lanes.flatMap(({ events }) => events.map(nameOf)));
    for (const [name, event] of this.committed)
      if (!there.has(name) && (deleted.get(`${event.epoch}/${event.lane}`) ?? 0) < event.sequence)
        this.#forgive(name, event);
    for (const key of resendKeys) if (!tables.resendKeys.has(key)) this.forgivenReadings.add(key.split(' ')[1] ?? key);
  }

  /** A gap record that is gone takes its explanation with it. */
  #forgive(name: string, { type, data }: StoredEvent): void {
    this.forgivenEvents.add(name);
    if (type !== eventTypes.gap) return;
    const { epoch, lane, from, to } = JSON.parse(data) as GapData;
    for (let sequence = Number(from); sequence <= Number(to ?? from); sequence++)
      this.forgivenEvents.add(`${epoch}/${lane}/${sequence}`);
  }

  /** A gateway begins on `tables` with these sinks. */
  begins(tables: Tables, sinks: readonly string[], cursor: (sink: string, epoch: Epoch, lane: Lane) => Sequence): void {
    this.#deletedBefore = deletedIn(tables);
    for (const rows of tables.lanes)
      for (const sink of sinks) {
        if (cursor(sink, rows.epoch, rows.lane) >= rows.first - 1) continue;
        this.notOwed.set(`${sink}/${rows.epoch}/${rows.lane}`, rows.first - 1);
      }
  }

  /** A gateway ended, and this is what recovery finds of it. */
  ended(tables: Tables, sinks: readonly string[], cursor: (sink: string, epoch: Epoch, lane: Lane) => Sequence): void {
    for (const { epoch, lane, first } of tables.lanes)
      for (const sink of sinks) {
        const safe = Math.max(cursor(sink, epoch, lane), this.#deletedBefore.get(`${epoch}/${lane}`) ?? 0);
        if (first - 1 > safe)
          this.violate('P4', 'deleted', `${epoch}/${lane}: deleted through ${first - 1}, ${sink} stands at ${safe}`);
      }
  }
}

function deletedIn(tables: Tables): Map<string, Sequence> {
  return new Map(tables.lanes.map(({ epoch, lane, first }) => [`${epoch}/${lane}`, first - 1]));
}
