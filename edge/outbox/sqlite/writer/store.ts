/**
 * Commits batches: gives sequence numbers and makes a batch durable in one transaction.
 *
 *   commit: delete delivered ──► move cursors ──► shed for space ──► insert entries, or refuse them for space ──► fsync
 *              └── anything throws ──► rollback; the next commit reads the state in memory from the file again
 *
 * Always: a batch is committed whole or not at all. An entry is stored whole, or refused whole. Shed events are named
 * by a gap record of the same transaction. Alerts of one device are stored in the order in which they were handed over:
 * behind a refused alert the device's later ones of the batch are refused too.
 */
import { assertThat } from '@forpost/shared/assert.ts';
import type { Clock } from '@forpost/shared/clock.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import { type ClockQuality, eventTypes, type GapData } from '@forpost/shared/event/event.ts';
import type { DeviceId, Epoch, Lane } from '@forpost/shared/event/ids.ts';
import type Database from 'better-sqlite3';
import type { LaneEnds } from '../../epoch-list.ts';
import { alteredReason, gapOfForgone, gapOfLoss, gapOfShed, type Loss } from '../../gap.ts';
import type { InHand } from '../../in-hand.ts';
import type { Kind } from '../../space.ts';
import type { DamagePlace } from '../event-rows.ts';
import {
  type Batch,
  type CommitOutcome,
  type FileState,
  field,
  type Recalled,
  type Stamp,
  valuesPerEvent,
  type WriterLimits,
} from '../messages.ts';
import { hashOfEvent } from '../row-hash.ts';
import { insertEvent } from '../sql/events.ts';
import { deleteLosses } from '../sql/losses.ts';
import { beginEpoch, saveMetaHash } from '../sql/meta.ts';
import { DeadLetterBox } from './dead-letter-box.ts';
import type { HighNumbers } from './high-numbers.ts';
import { type LaneState, Lanes } from './lanes.ts';
import { MqttStateTables } from './mqtt-state/mqtt-state-tables.ts';
import { RecentIds } from './recent-ids.ts';
import { mendLane } from './repair/mending.ts';
import { Retention } from './space/retention.ts';
import { SpaceKeeper, weightOf } from './space/space-keeper.ts';
import type { WriterDisk } from './writer-disk.ts';

/** The parts of a store besides its database. */
export interface StoreParts {
  readonly disk: WriterDisk;
  readonly sinks: readonly string[];
  /** the last numbers of finished epochs */
  readonly ends: ReadonlyMap<Epoch, LaneEnds>;
  readonly limits: WriterLimits;
  readonly inHand: InHand;
  readonly clock: Pick<Clock, 'uptime'>;
}

/** Losses from before this epoch, and the stamp of their gap records. */
export interface Losses {
  readonly losses: readonly Loss[];
  readonly stamp: Stamp;
}

/** The most events that a check behind an altered event reads: a few ms. */
const mostMended = 5000;

export class OutboxStore {
  readonly #db: Database.Database;
  readonly #epoch: Epoch;
  readonly #clock: Pick<Clock, 'uptime'>;
  readonly #sinks: readonly string[];
  readonly #ends: ReadonlyMap<Epoch, LaneEnds>;
  readonly #space: SpaceKeeper;
  readonly #retention: Retention;
  readonly #insert: Database.Statement;
  readonly #pageBytes: number;
  readonly #pages: Database.Statement;
  readonly #freePages: Database.Statement;
  readonly starts: number;
  #lanes: Lanes;
  #recent: RecentIds;
  #deadLetters: DeadLetterBox;
  #broker: MqttStateTables;
  /** the state in memory differs from the file */
  #isStale = false;
  #known: FileState | undefined;

  /** Begins a new epoch in the open file, with gap records of earlier losses. */
  constructor(
    db: Database.Database,
    { epoch, starts }: { readonly epoch: Epoch; readonly starts: number },
    parts: StoreParts,
    { losses, stamp }: Losses,
  ) {
    const { disk, sinks, ends, limits, inHand, clock } = parts;
    this.#ends = ends;
    this.#db = db;
    this.#epoch = epoch;
    this.#clock = clock;
    this.#sinks = sinks;
    this.#insert = db.prepare(insertEvent);
    this.#pageBytes = db.pragma('page_size', { simple: true }) as number;
    this.#pages = db.prepare('pragma page_count').pluck();
    this.#freePages = db.prepare('pragma freelist_count').pluck();
    this.#lanes = new Lanes(db, sinks, ends);
    this.#recent = new RecentIds(db);
    this.#deadLetters = new DeadLetterBox(db);
    this.#broker = new MqttStateTables(db);
    this.#retention = new Retention(db, limits.keepDeliveredMs, epoch);
    this.#space = new SpaceKeeper(db, disk, limits, inHand, () => this.#size());
    this.starts = starts;
    this.#space.clearLog();
    db.transaction(() => {
      db.prepare(beginEpoch).run(epoch, starts);
      db.prepare(saveMetaHash).run();
      const forgone = this.#lanes.begin(epoch, starts);
      const alerts = this.#lanes.get(epoch, 'alerts');
      const gaps = [...losses.map(gapOfLoss), ...forgone.map((range) => gapOfForgone(range.epoch, range.lane, range))];
      for (const gap of gaps) this.#insertGap(gap, stamp, alerts);
      this.#lanes.save(alerts);
      db.prepare(deleteLosses).run();
    })();
    this.#space.check(this.#lanes, this.#clock.uptime());
  }

  /** Commits a batch. @throws what SQLite throws: then nothing of the batch is stored */
  commit(batch: Batch): CommitOutcome {
    if (this.#isStale) this.#reload();
    this.#space.check(this.#lanes, this.#clock.uptime());
    const { outcome, syncMs } = this.#transact(batch);
    this.#space.ended('committed');
    return { ...outcome, syncMs, state: this.#stateAfterCommit() };
  }

  #transact(batch: Batch) {
    this.#db.exec('begin immediate');
    try {
      const outcome = this.#write(batch);
      const began = this.#clock.uptime();
      this.#db.exec('commit');
      return { outcome, syncMs: this.#clock.uptime() - began };
    } catch (error) {
      this.#isStale = true;
      try {
        if (this.#db.inTransaction) this.#db.exec('rollback');
      } finally {
        this.#space.ended('rolled back');
      }
      this.#space.clearLog();
      throw error;
    }
  }

  /** Reads the state again after a rollback; until that works no event gets a number. */
  #reload(): void {
    this.#lanes = new Lanes(this.#db, this.#sinks, this.#ends);
    this.#recent = new RecentIds(this.#db);
    this.#deadLetters = new DeadLetterBox(this.#db);
    this.#broker = new MqttStateTables(this.#db);
    this.#isStale = false;
  }

  /** The batch is committed, whether or not the file's size can be read: an error shows at the next commit. */
  #stateAfterCommit(): FileState {
    try {
      this.#known = this.state();
    } catch (error) {
      if (this.#known === undefined) throw error;
    }
    return this.#known;
  }

  /**
   * Takes altered and missing events out where a reader has met one, and names them. @returns the number of ranges
   * @throws DamageError where the file must be built anew
   */
  mend({ epoch, lane, after }: DamagePlace, stamp: Stamp): number {
    if (this.#isStale) this.#reload();
    const state = this.#lanes.find(epoch, lane);
    if (state === undefined) return 0;
    this.#isStale = true;
    const ranges = this.#db.transaction(() => {
      const mended = mendLane(this.#db, state, after, mostMended);
      const alerts = this.#lanes.get(this.#epoch, 'alerts');
      for (const { from, to } of mended.ranges)
        this.#insertGap(gapOfLoss({ epoch, lane, from, to, reason: alteredReason }), stamp, alerts);
      this.#lanes.save(alerts);
      if (mended.ranges.length > 0 && epoch !== this.#epoch) this.#lanes.endsBefore(state, mended);
      return mended.ranges.length;
    })();
    this.#reload();
    return ranges;
  }

  /** The numbers to note beside the file: see high-numbers.ts. */
  get highNumbers(): Omit<HighNumbers, 'boot'> {
    const last = (lane: Lane) => this.#lanes.get(this.#epoch, lane).next - 1;
    return { epoch: this.#epoch, starts: this.starts, alerts: last('alerts'), telemetry: last('telemetry') };
  }

  /** The broker's state and the devices' ids from before this start. */
  recall(): Recalled {
    return { remembered: this.#broker.recall(), resendIds: this.#recent.recall(), reused: this.#recent.reused() };
  }

  /** Makes space after a commit that found the disk full. */
  diskIsFull(): void {
    this.#space.diskIsFull();
  }

  deadLetters(limit: number, device?: string) {
    return this.#deadLetters.newest(limit, device);
  }

  state(): FileState {
    return { ...this.#size(), deadLetters: this.#deadLetters.count, room: this.#space.figures() };
  }

  #size(): { readonly fileBytes: number; readonly usedBytes: number } {
    const pages = this.#pages.get() as number;
    const free = this.#freePages.get() as number;
    return { fileBytes: pages * this.#pageBytes, usedBytes: (pages - free) * this.#pageBytes };
  }

  #write(batch: Batch): Omit<CommitOutcome, 'syncMs' | 'state'> {
    const events = batch.values.length / valuesPerEvent;
    const counted = batch.counts.reduce((sum, count) => sum + count, 0);
    assertThat(counted === events, () => `a batch of ${counted} events has the values of ${events}`);
    this.#space.retain(this.#retention, this.#lanes, batch.stamp.received, batch.bytes, events);
    for (const acknowledgement of batch.acknowledgements) this.#lanes.acknowledge(acknowledgement);
    const targets = {
      alerts: this.#lanes.get(this.#epoch, 'alerts'),
      telemetry: this.#lanes.get(this.#epoch, 'telemetry'),
    };
    const shed = events === 0 ? [] : this.#space.shed(this.#lanes, batch.bytes, () => alertBytesOf(batch.values));
    for (const one of shed) this.#insertGap(gapOfShed(one), batch.stamp, targets.alerts);

    let used = this.#size().usedBytes;
    const reserved = new Set(batch.reserved);
    const refused: number[] = [];
    const refusedDevices = new Set<unknown>();
    const repeated: [number, number][] = [];
    let stored = shed.length;
    let at = 0;
    let letter = 0;
    batch.counts.forEach((count, entry) => {
      const end = at + count * valuesPerEvent;
      let bytes = 0;
      let hasAlert = false;
      let isBehindRefused = false;
      for (let i = at; i < end; i += valuesPerEvent) {
        bytes += weightOf((batch.values[i + field.data] as string).length);
        if (batch.values[i + field.lane] !== 'alerts') continue;
        hasAlert = true;
        isBehindRefused ||= refusedDevices.has(batch.values[i + field.device]);
      }
      const own = batch.deadLetters[letter]?.entry === entry ? batch.deadLetters[letter++] : undefined;
      const kind: Kind = reserved.has(entry) ? 'reserved' : hasAlert ? 'alerts' : 'telemetry';
      // dead letters have their own bound
      if (count > 0 && (isBehindRefused || !this.#space.reserve(kind, bytes, used))) {
        refused.push(entry);
        for (; at < end; at += valuesPerEvent)
          if (batch.values[at + field.lane] === 'alerts') refusedDevices.add(batch.values[at + field.device]);
        return;
      }
      let known = 0;
      for (; at < end; at += valuesPerEvent) {
        if (this.#insertEvent(batch.values, at, targets)) stored++;
        else known++;
      }
      if (own !== undefined) this.#deadLetters.add(own);
      if (known > 0) repeated.push([entry, known]);
      used += bytes;
    });
    if (stored > 0) for (const lane of Object.values(targets)) this.#lanes.saveWhereChanged(lane);
    this.#broker.apply(batch, refused);
    return { stored, repeated, reused: this.#recent.saveReused(), refused };
  }

  #insertGap(gap: GapData, { received, uptime, clock, boot }: Stamp, lane: LaneState): void {
    const data = JSON.stringify(gap);
    const bytes = lane.bytes + Buffer.byteLength(data);
    const { epoch, lane: name, next: sequence } = lane;
    const type = eventTypes.gap;
    const event = {
      epoch,
      lane: name,
      sequence,
      type,
      device: null,
      time: received,
      received,
      clock,
      boot,
      uptime,
      data,
    };
    this.#insertRow(event, bytes);
    lane.next++;
    lane.bytes = bytes;
  }

  #insertRow(event: StoredEvent, totalBytes: number): void {
    const { epoch, lane, sequence, type, device, time, received, clock, boot, uptime, data } = event;
    assertThat(
      Number.isSafeInteger(sequence) && sequence >= 1,
      () => `${sequence} is no sequence number (epoch ${epoch}, ${lane})`,
    );
    const hash = hashOfEvent(event, totalBytes);
    const insert = this.#insert;
    insert.run(epoch, lane, sequence, type, device, time, received, clock, boot, uptime, data, totalBytes, hash);
  }

  /** false: the event is a resend */
  #insertEvent(values: Batch['values'], at: number, targets: Readonly<Record<Lane, LaneState>>): boolean {
    const device = values[at + field.device] as string | null;
    const data = values[at + field.data] as string;
    const resendId = values[at + field.resendId] as string | null;
    const content = values[at + field.content] as number;
    if (
      resendId !== null &&
      !this.#recent.isNew(device ?? '', resendId, content, values[at + field.received] as number)
    )
      return false;
    const lane = targets[values[at + field.lane] as Lane];
    const bytes = lane.bytes + Buffer.byteLength(data);
    this.#insertRow(
      {
        epoch: lane.epoch,
        lane: lane.lane,
        sequence: lane.next,
        type: values[at + field.type] as string,
        device: device as DeviceId | null,
        time: values[at + field.time] as number,
        received: values[at + field.received] as number,
        clock: values[at + field.clock] as ClockQuality,
        boot: values[at + field.boot] as string,
        uptime: values[at + field.uptime] as number,
        data,
      },
      bytes,
    );
    lane.next++;
    lane.bytes = bytes;
    return true;
  }
}

/** About the bytes that the alerts of a batch take. */
function alertBytesOf(values: Batch['values']): number {
  let bytes = 0;
  for (let at = 0; at < values.length; at += valuesPerEvent)
    if (values[at + field.lane] === 'alerts') bytes += weightOf((values[at + field.data] as string).length);
  return bytes;
}
