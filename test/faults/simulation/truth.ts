/**
 * The truth of a run, recorded beside the simulated parts: acknowledgements to devices, commits of the disk, and losses by a
 * restored image or a damaged file. The invariants (invariants.ts) compare the centre with it.
 */
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import { eventTypes, type GapData } from '@forpost/shared/event/event.ts';
import type { Sequence } from '@forpost/shared/event/ids.ts';
import { IntervalSet } from '../../../cloud/ledger/interval-set.ts';
import type { Commit, DeletedEvent, SimulatedDisk } from './disk.ts';
import { sinkNames } from './operations.ts';
import type { LaneRow } from './outbox-file.ts';

export interface Violation {
  /** P1 acknowledged means durable, P3 exactly once, P4 in order and alerts first, P6 bounded; or it never settled */
  readonly promise: 'P1' | 'P3' | 'P4' | 'P6' | 'settles';
  readonly kind:
    | 'lost'
    | 'duplicated'
    | 'unexplained'
    | 'conflict'
    | 'disordered'
    | 'late'
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

/** The device's own id of its reading, from an event's data. */
export function readingIn(data: unknown): string | undefined {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return /"id":"(r-[0-9]+-[0-9]+)"/.exec(text)?.[1];
}

export class Truth {
  readonly violations: Violation[] = [];
  /** ids of acknowledged readings, and of alerts whose storing was confirmed to the gateway */
  readonly acknowledged = new Set<string>();
  /** every event that was on disk, by name */
  readonly committed = new Map<string, StoredEvent>();
  /** events and readings lost with an older image or a damaged file: they may be missing, or be stored twice */
  readonly forgivenEvents = new Set<string>();
  readonly forgivenReadings = new Set<string>();
  /** events lost with a damaged page, or altered on the disk: they may be missing when a gap record names them */
  readonly damaged = new Set<string>();
  /** events that were shed, by name */
  readonly shed = new Set<string>();
  /** events that the running gateway has sent to a sink, and the sink has not called safe: `<sink> <name>` */
  readonly #unsure = new Set<string>();
  /** ids of alerts that the running gateway has acted on, without a confirmed commit */
  readonly #acted = new Set<string>();
  /** the newest committed alert of each device */
  readonly #newestAlert = new Map<string, number>();
  /** the last assigned number in each lane of each epoch */
  readonly #given = new Map<string, Sequence>();
  /** highest number that a sink need not get in a lane, because other sinks got the events and they were deleted */
  readonly notOwed = new Map<string, Sequence>();

  violate(promise: Violation['promise'], kind: Violation['kind'], what: string): void {
    this.violations.push({ promise, kind, what });
  }

  /** Records that an alert was raised and acted on. */
  alertRaised(id: string): void {
    this.#acted.add(id);
  }

  /** Records that the commit was confirmed to the sender. */
  confirmed(id: string): void {
    this.acknowledged.add(id);
    this.#acted.delete(id);
  }

  /** Records the gateway's end: the next gateway raises again what this one acted on and did not store. */
  forgetsAlerts(): void {
    this.#acted.clear();
  }

  /** Records that nothing waits any more. Every alert that was acted on must be stored by now. */
  settled(): void {
    for (const id of this.#acted) this.violate('P1', 'lost', `alert ${id} was acted on and never stored`);
  }

  recordCommit({ inserted, deleted }: Commit): void {
    const named = gapsIn(inserted);
    for (const one of deleted) if (!one.delivered) this.#isShed(one, named.get(`${one.epoch}/${one.lane}`));
    for (const event of inserted) this.#isCommitted(event);
  }

  #isCommitted(event: StoredEvent): void {
    const { epoch, lane, sequence } = event;
    const name = nameOf(event);
    if (this.committed.has(name)) this.violate('P3', 'conflict', `the number ${name} is given twice`);
    this.committed.set(name, event);
    const before = this.#given.get(`${epoch}/${lane}`) ?? 0;
    if (sequence !== before + 1) this.violate('P4', 'disordered', `${name} was given after ${before}`);
    this.#given.set(`${epoch}/${lane}`, sequence);
    if (event.type === eventTypes.alert) this.#isAlert(event);
  }

  /** Checks that each device's alerts are stored in the order in which they were raised. */
  #isAlert({ device, data }: StoredEvent): void {
    const id = readingIn(data) ?? '';
    const number = Number(id.split('-')[2]);
    const before = this.#newestAlert.get(device ?? '') ?? 0;
    if (number < before && !this.forgivenReadings.has(id))
      this.violate('P4', 'disordered', `alert ${id} was stored after alert ${before} of the same device`);
    this.#newestAlert.set(device ?? '', Math.max(before, number));
  }

  /** Records events that were sent to a sink, before any answer. */
  sent(sink: string, events: readonly string[]): void {
    for (const name of events) this.#unsure.add(`${sink} ${name}`);
  }

  /** Records events that the sink called safe, or that were recorded as refused for good. */
  calledSafe(sink: string, events: readonly string[]): void {
    for (const name of events) this.#unsure.delete(`${sink} ${name}`);
  }

  /** Records the deletion of an event that some sink lacks. */
  #isShed({ epoch, lane, sequence }: DeletedEvent, named: IntervalSet | undefined): void {
    const name = `${epoch}/${lane}/${sequence}`;
    // named by a gap record of the next commit
    if (this.damaged.has(name)) return;
    this.shed.add(name);
    if (lane === 'alerts') this.violate('P6', 'alert-shed', `alert ${name} was deleted and not delivered`);
    if (named?.has(sequence) !== true)
      this.violate(
        'P4',
        'deleted',
        `${name} was deleted, not delivered as far as the disk knows, and no gap record names it`,
      );
    for (const sink of sinkNames)
      if (this.#unsure.has(`${sink} ${name}`))
        this.violate('P3', 'in-flight', `${name} was shed while it was on its way to ${sink}`);
  }

  /** Records a file that is put aside: a gap record must name its events; devices' resends may be stored twice. */
  putAside(disk: SimulatedDisk): void {
    for (const id of disk.resendIds()) this.forgivenReadings.add(id);
  }

  /** Records that the disk goes back: events that it forgets may be missing. */
  forgiveLoss(disk: SimulatedDisk, goBack: () => void): void {
    const before = disk.resendIds();
    const deleted = deletedIn(disk.lanes);
    goBack();
    const there = new Set(disk.eventNames());
    for (const [name, event] of this.committed)
      if (!there.has(name) && (deleted.get(`${event.epoch}/${event.lane}`) ?? 0) < event.sequence)
        this.#forgive(name, event);
    const ids = disk.resendIds();
    for (const id of before) if (!ids.has(id)) this.forgivenReadings.add(id);
  }

  /** Forgives a lost event; for a lost gap record also the events that it named. */
  #forgive(name: string, { type, data }: StoredEvent): void {
    this.forgivenEvents.add(name);
    if (type !== eventTypes.gap) return;
    const { epoch, lane, from, to } = JSON.parse(data) as GapData;
    const last = to === null ? this.#lastOf(epoch, lane) : Number(to);
    for (let sequence = Number(from); sequence <= last; sequence++)
      this.forgivenEvents.add(`${epoch}/${lane}/${sequence}`);
  }

  #lastOf(epoch: string, lane: string): Sequence {
    return this.#given.get(`${epoch}/${lane}`) ?? 0;
  }

  /** Records that a gateway starts on this disk with these sinks. */
  gatewayStarts(disk: SimulatedDisk, sinks: readonly string[]): void {
    this.#unsure.clear();
    for (const { epoch, lane, first } of disk.lanes)
      for (const sink of sinks) {
        if (disk.cursor(sink, epoch, lane) >= first - 1) continue;
        this.notOwed.set(`${sink}/${epoch}/${lane}`, first - 1);
      }
  }

  /** Records the gateway's death: nothing that it sent waits for an answer any more. */
  gatewayDies(): void {
    this.#unsure.clear();
  }
}

function deletedIn(lanes: readonly LaneRow[]): Map<string, Sequence> {
  return new Map(lanes.map(({ epoch, lane, first }) => [`${epoch}/${lane}`, first - 1]));
}

/** The numbers that gap records among these events name, by lane. */
function gapsIn(events: readonly StoredEvent[]): ReadonlyMap<string, IntervalSet> {
  const named = new Map<string, IntervalSet>();
  for (const { type, data } of events) {
    if (type !== eventTypes.gap) continue;
    const { epoch, lane, from, to } = JSON.parse(data) as GapData;
    const set = named.get(`${epoch}/${lane}`) ?? new IntervalSet();
    if (to === null || Number(to) >= Number(from))
      set.add(Number(from), to === null ? Number.MAX_SAFE_INTEGER : Number(to));
    named.set(`${epoch}/${lane}`, set);
  }
  return named;
}
