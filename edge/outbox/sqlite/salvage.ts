/**
 * What a damaged outbox took with it, as gap records, so that the centre knows why numbers never come and does not call
 * them missing for ever. The file itself tells how far each lane had come, where those pages can still be read; of
 * every other epoch the list beside the file (../epoch-list.ts) says that it was there.
 *
 * Always: it says too much rather than too little: what arrived all the same counts as received at the centre.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { GapData } from '@forpost/shared/event/event.ts';
import { asId, type Epoch, isId, isLane, lanes } from '@forpost/shared/event/ids.ts';
import Database from 'better-sqlite3';
import { allOf, type EpochList, noEpochs, parseList, printList } from '../epoch-list.ts';
import { gapOfDamage } from '../gap.ts';
import { selectUndelivered } from './sql/cursors.ts';

/** The list beside the file; none where it cannot be read. */
export function readEpochs(epochsFile: string): EpochList {
  try {
    return parseList(readFileSync(epochsFile, 'utf8'));
  } catch {
    return noEpochs;
  }
}

export interface Lost {
  readonly epochs: readonly Epoch[];
  readonly gaps: readonly GapData[];
}

/** @param aside the damaged file under its new name; undefined: there is none */
export function lossesOf(aside: string | undefined, list: EpochList, sinks: readonly string[]): Lost {
  const known = (aside === undefined ? undefined : fromFile(aside, sinks)) ?? { epochs: [], gaps: [] };
  const others = allOf(list).filter((epoch) => !known.epochs.includes(epoch));
  const unknown = others.flatMap((epoch) => lanes.map((lane) => gapOfDamage(epoch, lane, 1, null)));
  return { epochs: [...others, ...known.epochs], gaps: [...unknown, ...known.gaps] };
}

/** Replaces the list beside the file. false where it cannot be written: the older one has to do for now. */
export function writeEpochs(epochsFile: string, list: EpochList): boolean {
  const next = `${epochsFile}.next`;
  try {
    writeFileSync(next, printList(list), { mode: 0o600, flush: true });
    renameSync(next, epochsFile);
    return true;
  } catch {
    rmSync(next, { force: true });
    return false;
  }
}

interface Undelivered {
  readonly epoch: unknown;
  readonly lane: unknown;
  readonly start: unknown;
  readonly next: unknown;
  readonly acked: unknown;
  readonly hole: unknown;
}

function fromFile(aside: string, sinks: readonly string[]): Lost | undefined {
  try {
    const db = new Database(aside, { readonly: true, fileMustExist: true });
    try {
      const rows = db.prepare<[string], Undelivered>(selectUndelivered).all(JSON.stringify(sinks));
      const newest = Math.max(...rows.map(({ start }) => Number(start)));
      const epochs = new Set<Epoch>();
      const gaps = rows.flatMap(({ epoch, lane, start, next, acked, hole }): GapData[] => {
        if (!isId(epoch) || !isLane(lane) || !isCount(next) || !isCount(acked)) throw new Error('not a lane');
        epochs.add(asId<'epoch'>(epoch));
        // what was shed is told by a gap record that may be in this very file
        const from = Math.min(acked + 1, isCount(hole) ? hole : acked + 1);
        // of the newest epoch the log may have held more than the file
        if (start === newest) return [gapOfDamage(epoch, lane, from, null)];
        return next > from ? [gapOfDamage(epoch, lane, from, next - 1)] : [];
      });
      return { epochs: [...epochs], gaps };
    } finally {
      db.close();
    }
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
