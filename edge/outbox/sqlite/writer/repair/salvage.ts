/**
 * Finds the events that were stored and are missing in the opened file, by two records beside it: the list of epochs
 * with their last numbers (../../../epoch-list.ts), and the highest numbers of the newest epoch (../high-numbers.ts).
 * Pure.
 *
 *   the file's lanes ── as long as the records say ──► nothing is lost
 *     ├── shorter, or of an older start ──► lost from the file's end to the recorded number
 *     └── a new file ──► lost: everything in the records
 *
 * Always: it names too much rather than too little: an event that arrived all the same counts as received at the
 * centre. Where alerts are lost, gap records may be among them, and the ranges that those named (shed events, events
 * refused for good) would stay unexplained: then every range is named from its beginning.
 */
import { type Epoch, type Lane, lanes, type Sequence } from '@forpost/shared/event/ids.ts';
import { allOf, type EpochList, type LaneEnds } from '../../../epoch-list.ts';
import { damagedReason, type Loss, shortReason } from '../../../gap.ts';
import type { HighNumbers } from '../high-numbers.ts';

/** The records beside the file. */
export interface Known {
  readonly list: EpochList;
  readonly numbers: HighNumbers | undefined;
  /** the machine has not booted since the numbers were noted: they are exact */
  readonly isSameBoot: boolean;
}

export interface Lost {
  readonly epochs: readonly Epoch[];
  readonly losses: readonly Loss[];
}

/** The file's own statements. */
export interface FileLanes {
  /** 0: the file never had an epoch */
  readonly starts: number;
  readonly lanes: readonly { readonly epoch: Epoch; readonly lane: Lane; readonly next: Sequence }[];
}

/** The last number known to have been given; undefined: unknown. */
export function knownEnd({ list, numbers }: Known, epoch: Epoch, lane: Lane): Sequence | undefined {
  const noted = numbers?.epoch === epoch ? numbers[lane] : undefined;
  const listed = list.ends?.get(epoch)?.[lane];
  return noted === undefined || listed === undefined ? (noted ?? listed) : Math.max(noted, listed);
}

/** Every epoch in the records, oldest first. */
export function knownEpochs({ list, numbers }: Known): readonly Epoch[] {
  return [...new Set([...allOf(list), ...(numbers === undefined ? [] : [numbers.epoch])])];
}

/** The last numbers of all epochs, by the records and by the file's lanes. */
export function endsOf(known: Known, file: FileLanes): ReadonlyMap<Epoch, LaneEnds> {
  const ends = new Map<Epoch, LaneEnds>();
  const note = (epoch: Epoch, lane: Lane, last: Sequence) => {
    const before = ends.get(epoch) ?? { alerts: 0, telemetry: 0 };
    ends.set(epoch, { ...before, [lane]: Math.max(before[lane], last) });
  };
  for (const epoch of knownEpochs(known))
    for (const lane of lanes) {
      const last = knownEnd(known, epoch, lane);
      if (last !== undefined) note(epoch, lane, last);
    }
  for (const { epoch, lane, next } of file.lanes) note(epoch, lane, next - 1);
  return ends;
}

/** The events that are missing in a file that SQLite calls sound. */
export function lossesOf(known: Known, file: FileLanes): Lost {
  const isNew = file.starts === 0;
  const isOlder = isNew || (known.numbers !== undefined && file.starts < known.numbers.starts);
  const reason = isNew ? damagedReason : shortReason;
  const inFile = new Map(file.lanes.map(({ epoch, lane, next }) => [`${epoch}/${lane}`, next - 1]));
  const places = knownEpochs(known).flatMap((epoch) =>
    lanes.flatMap((lane): Place[] => {
      const there = inFile.get(`${epoch}/${lane}`);
      // events of a lane that the file has forgotten were delivered or named; a new or older file never had the lane
      if (there === undefined && !isOlder) return [];
      const end = knownEnd(known, epoch, lane);
      const isExact = known.numbers?.epoch !== epoch || known.isSameBoot;
      return [{ epoch, lane, there: there ?? 0, end, isExact }];
    }),
  );
  const isShort = ({ there, end }: Place) => end === undefined || end > there;
  const short = places.filter((place) => isShort(place) && (isOlder || place.end !== undefined));
  if (short.length === 0) return { epochs: [], losses: [] };
  const fromBeginning = isOlder || short.some(({ lane }) => lane === 'alerts');
  const wanted = fromBeginning ? places : short;
  const losses = wanted.flatMap((place): Loss[] => {
    const { epoch, lane, there, end, isExact } = place;
    const from = fromBeginning ? 1 : there + 1;
    const to = end === undefined || (!isExact && short.includes(place)) ? null : end;
    return to === null || to >= from ? [{ epoch, lane, from, to, reason }] : [];
  });
  return { epochs: [...new Set(losses.map(({ epoch }) => epoch as Epoch))], losses };
}

interface Place {
  readonly epoch: Epoch;
  readonly lane: Lane;
  /** the last number in the file */
  readonly there: Sequence;
  readonly end: Sequence | undefined;
  /** whether `end` is known to be the last number given */
  readonly isExact: boolean;
}

/** The ranges of [from, to] without a number in `found`, which is sorted. */
export function* missingIn(from: Sequence, to: Sequence, found: Iterable<Sequence>): Iterable<[Sequence, Sequence]> {
  let next = from;
  for (const sequence of found) {
    if (sequence < next) continue;
    if (sequence > to) break;
    if (sequence > next) yield [next, sequence - 1];
    next = sequence + 1;
  }
  if (next <= to) yield [next, to];
}

/**
 * At most `most` ranges; where there are more, one range a lane, from its first lost number to its last: events between
 * them that arrive count as received.
 */
export function inFewRanges(losses: readonly Loss[], most: number): readonly Loss[] {
  if (losses.length <= most) return losses;
  const whole = new Map<string, Loss>();
  for (const loss of losses) {
    const key = `${loss.epoch}/${loss.lane}`;
    const before = whole.get(key) ?? loss;
    const to = before.to === null || loss.to === null ? null : Math.max(before.to, loss.to);
    whole.set(key, { ...loss, from: Math.min(before.from, loss.from), to });
  }
  return [...whole.values()];
}
