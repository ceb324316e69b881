/**
 * What a damaged outbox took with it, as gap records, so that the centre knows why numbers never come and does not call
 * them missing for ever. The file itself tells how far each lane had come, where those pages can still be read; of
 * every other epoch the list beside the file (../epoch-list.ts) says that it was there.
 *
 * Always: it says too much rather than too little: what arrived all the same counts as received at the centre. Gap
 * records that are in the file and not delivered are made anew, or else what they speak of (what was shed, what a sink
 * refused for good) would go unexplained.
 */
import { eventTypes, type GapData } from '@forpost/shared/event/event.ts';
import { asId, type Epoch, isId, isLane, lanes } from '@forpost/shared/event/ids.ts';
import type Database from 'better-sqlite3';
import { allOf, type EpochList } from '../epoch-list.ts';
import { gapOfDamage } from '../gap.ts';
import { selectUndelivered } from './sql/cursors.ts';
import { selectEventsOfType } from './sql/events.ts';
import type { WriterDisk } from './writer-disk.ts';

/** Gap records of one epoch that are taken over. */
const mostGaps = 1000;

export interface Lost {
  readonly epochs: readonly Epoch[];
  readonly gaps: readonly GapData[];
}

/** @param aside the damaged file under its new name; undefined: there is none */
export function lossesOf(
  disk: Pick<WriterDisk, 'openAside'>,
  aside: string | undefined,
  list: EpochList,
  sinks: readonly string[],
): Lost {
  const known = (aside === undefined ? undefined : fromFile(disk, aside, sinks)) ?? { epochs: [], gaps: [] };
  const others = allOf(list).filter((epoch) => !known.epochs.includes(epoch));
  const unknown = others.flatMap((epoch) => lanes.map((lane) => gapOfDamage(epoch, lane, 1, null)));
  return { epochs: [...others, ...known.epochs], gaps: [...unknown, ...known.gaps] };
}

interface Undelivered {
  readonly epoch: unknown;
  readonly lane: unknown;
  readonly start: unknown;
  readonly next: unknown;
  readonly acked: unknown;
  readonly hole: unknown;
}

function fromFile(disk: Pick<WriterDisk, 'openAside'>, aside: string, sinks: readonly string[]): Lost | undefined {
  try {
    const db = disk.openAside(aside);
    try {
      const rows = db.prepare<[string], Undelivered>(selectUndelivered).all(JSON.stringify(sinks));
      const newest = Math.max(...rows.map(({ start }) => Number(start)));
      const epochs = new Set<Epoch>();
      const gaps = rows.flatMap(({ epoch, lane, start, next, acked, hole }): GapData[] => {
        if (!isId(epoch) || !isLane(lane) || !isCount(next) || !isCount(acked)) throw new Error('not a lane');
        epochs.add(asId<'epoch'>(epoch));
        // what was shed is named by gap records, of which the log may have held more than the file
        const from = Math.min(acked + 1, isCount(hole) ? hole : acked + 1);
        // of the newest epoch the log may have held more than the file
        if (start === newest) return [gapOfDamage(epoch, lane, from, null)];
        return next > from ? [gapOfDamage(epoch, lane, from, next - 1)] : [];
      });
      const untold = rows.flatMap(({ epoch, lane, next, acked }) =>
        lane === 'alerts' && Number(next) > Number(acked) + 1 ? gapsAfter(db, epoch, acked) : [],
      );
      return { epochs: [...epochs], gaps: [...untold, ...gaps] };
    } finally {
      db.close();
    }
  } catch {
    return undefined;
  }
}

/** @throws where there are so many that it is better to say of everything that it may be lost */
function gapsAfter(db: Database.Database, epoch: unknown, acked: unknown): readonly GapData[] {
  const found = db
    .prepare<unknown[], string>(selectEventsOfType)
    .pluck()
    .all(epoch, 'alerts', acked, eventTypes.gap, mostGaps + 1);
  if (found.length > mostGaps) throw new Error('too many gap records');
  return found.map((data) => JSON.parse(data) as GapData);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
