/**
 * Finds the events that were stored and are not in the opened file, by two records beside it: the list of epochs with
 * their last numbers (../epoch-list.ts), and the highest numbers of the newest epoch (high-numbers.ts). Pure.
 *
 *   the file's lanes ── as far as was noted ──► nothing is lost
 *     ├── shorter than that, or of an older start ──► from its end to what was noted
 *     └── a new file ──► everything that was noted
 *
 * Always: it says too much rather than too little: what arrived all the same counts as received at the centre. Where
 * alerts are lost, gap records may be among them, and what those spoke of (what was shed, what a sink refused for good)
 * would go unexplained: then every range is told from its beginning.
 */
import { type Epoch, type Lane, lanes, type Sequence } from '@forpost/shared/event/ids.ts';
import { allOf, type EpochList, type LaneEnds } from '../../../epoch-list.ts';
import { damagedReason, type Loss, shortReason } from '../../../gap.ts';
import type { HighNumbers } from '../high-numbers.ts';

/** What is known of the file's epochs from beside it. */
export interface Known {
  readonly list: EpochList;
  readonly numbers: HighNumbers | undefined;
  /** the machine has been on since the numbers were noted: they are exact */
  readonly isSameBoot: boolean;
}

export interface Lost {
  readonly epochs: readonly Epoch[];
  readonly losses: readonly Loss[];
}

/** What the file says of itself. */
export interface FileLanes {
  /** 0: it has never had an epoch */
  readonly starts: number;
  readonly lanes: readonly { readonly epoch: Epoch; readonly lane: Lane; readonly next: Sequence }[];
}

/** The last number that is known to have been given; undefined: nobody knows. */
export function knownEnd({ list, numbers }: Known, epoch: Epoch, lane: Lane): Sequence | undefined {
  const noted = numbers?.epoch === epoch ? numbers[lane] : undefined;
  const listed = list.ends?.get(epoch)?.[lane];
  return noted === undefined || listed === undefined ? (noted ?? listed) : Math.max(noted, listed);
}

/** Every epoch that is known from beside the file, oldest first. */
export function knownEpochs({ list, numbers }: Known): readonly Epoch[] {
  return [...new Set([...allOf(list), ...(numbers === undefined ? [] : [numbers.epoch])])];
}

/** The last numbers of all epochs, from beside the file and from its lanes. */
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

/** The events that are missing in a file that SQLite calls good. */
export function lossesOf(known: Known, file: FileLanes): Lost {
  const isNew = file.starts === 0;
  const isOlder = isNew || (known.numbers !== undefined && file.starts < known.numbers.starts);
  const reason = isNew ? damagedReason : shortReason;
  const inFile = new Map(file.lanes.map(({ epoch, lane, next }) => [`${epoch}/${lane}`, next - 1]));
  const places = knownEpochs(known).flatMap((epoch) =>
    lanes.flatMap((lane): Place[] => {
      const there = inFile.get(`${epoch}/${lane}`);
      // of what the file knows nothing of any more everything was delivered, or is told; unless it never knew of it
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
  /** the last number that the file knows of */
  readonly there: Sequence;
  readonly end: Sequence | undefined;
  /** whether `end` is known to be the last one given */
  readonly isExact: boolean;
}

/** Numbers of [from, to] that are not in `found`, which is in order. */
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

/** At most `most` ranges, or else one for each lane, from the first that is lost to the last: what is in between arrives. */
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
