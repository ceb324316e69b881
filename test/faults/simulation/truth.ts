/**
 * What really happened, written down beside the simulated parts: what devices were told, what the disk committed, what
 * a restored image or a damaged file took away. The invariants (invariants.ts) hold the centre against it.
 */
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import { eventTypes, type GapData } from '@forpost/shared/event/event.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import type { SimulatedDisk, Tables, Transaction } from './disk.ts';
import { sinkNames } from './operations.ts';

export interface Violation {
  /** P1 acknowledged means durable, P3 exactly once, P4 in order, P6 bounded; or it never settled */
  readonly promise: 'P1' | 'P3' | 'P4' | 'P6' | 'settles';
  readonly kind:
    | 'lost'
    | 'duplicated'
    | 'unexplained'
    | 'conflict'
    | 'disordered'
    | 'deleted'
    | 'in-flight'
    | 'alert-shed'
    | 'unbounded'
    | 'stuck';
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
  /** events that were shed, by name */
  readonly shed = new Set<string>();
  /** what the running gateway has handed to a sink that has not called it safe: `<sink> <name>` */
  readonly #unsure = new Set<string>();
  /** highest number that a sink need not get in a lane, because it was delivered by others and deleted before */
  readonly notOwed = new Map<string, Sequence>();
  /** for the sinks of the running gateway: what was deleted before it started */
  #deletedBefore = new Map<string, Sequence>();

  violate(promise: Violation['promise'], kind: Violation['kind'], what: string): void {
    this.violations.push({ promise, kind, what });
  }

  synced(transaction: Transaction): void {
    for (const change of transaction) {
      if (change.do === 'shed') this.#isShed(change);
      if (change.do !== 'insert') continue;
      const name = nameOf(change.event);
      if (this.committed.has(name)) this.violate('P3', 'conflict', `the number ${name} is given twice`);
      this.committed.set(name, change.event);
    }
  }

  /** Handed to a sink, before any answer. */
  sent(sink: string, events: readonly string[]): void {
    for (const name of events) this.#unsure.add(`${sink} ${name}`);
  }

  /** Called safe by the sink, or noted as refused for good. */
  sure(sink: string, events: readonly string[]): void {
    for (const name of events) this.#unsure.delete(`${sink} ${name}`);
  }

  #isShed({ epoch, lane, from, through }: Extract<Transaction[number], { do: 'shed' }>): void {
    if (lane === 'alerts') this.violate('P6', 'alert-shed', `alerts ${from} to ${through} of ${epoch} were shed`);
    for (let sequence = from; sequence <= through; sequence++) {
      const name = `${epoch}/${lane}/${sequence}`;
      this.shed.add(name);
      for (const sink of sinkNames)
        if (this.#unsure.has(`${sink} ${name}`))
          this.violate('P3', 'in-flight', `${name} was shed while it was on its way to ${sink}`);
    }
  }

  /** The file is put aside: a gap record has to tell of its events, but what devices resend comes twice. */
  putAside(disk: SimulatedDisk): void {
    for (const key of disk.tables.resendKeys) this.forgivenReadings.add(key.split(' ')[1] ?? key);
    disk.putAside();
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
    const last = to === null ? this.#lastOf(epoch, lane) : Number(to);
    for (let sequence = Number(from); sequence <= last; sequence++)
      this.forgivenEvents.add(`${epoch}/${lane}/${sequence}`);
  }

  #lastOf(epoch: string, lane: string): Sequence {
    let last = 0;
    for (const event of this.committed.values())
      if (event.epoch === epoch && event.lane === lane) last = Math.max(last, event.sequence);
    return last;
  }

  /** A gateway begins on `tables` with these sinks. */
  begins(tables: Tables, sinks: readonly string[], cursor: (sink: string, epoch: Epoch, lane: Lane) => Sequence): void {
    this.#deletedBefore = deletedIn(tables);
    this.#unsure.clear();
    for (const rows of tables.lanes)
      for (const sink of sinks) {
        if (cursor(sink, rows.epoch, rows.lane) >= rows.first - 1) continue;
        this.notOwed.set(`${sink}/${rows.epoch}/${rows.lane}`, rows.first - 1);
      }
  }

  /** The gateway is dead: what recovery finds is found by the next one. */
  dies(): void {
    this.#unsure.clear();
  }

  /** A gateway ended, and this is what recovery finds of it. */
  ended(tables: Tables, sinks: readonly string[], cursor: (sink: string, epoch: Epoch, lane: Lane) => Sequence): void {
    for (const { epoch, lane, first } of tables.lanes)
      for (const sink of sinks) {
        let safe = Math.max(cursor(sink, epoch, lane), this.#deletedBefore.get(`${epoch}/${lane}`) ?? 0);
        while (this.shed.has(`${epoch}/${lane}/${safe + 1}`)) safe++;
        if (first - 1 > safe)
          this.violate('P4', 'deleted', `${epoch}/${lane}: deleted through ${first - 1}, ${sink} stands at ${safe}`);
      }
  }
}

function deletedIn(tables: Tables): Map<string, Sequence> {
  return new Map(tables.lanes.map(({ epoch, lane, first }) => [`${epoch}/${lane}`, first - 1]));
}
