/**
 * The list of epochs beside the outbox's file, from which the loss of that file can be told. Pure.
 *
 *   living: something of it is in the file
 *   told: nothing of it is in the file any more, but gap records may be that speak of it, in alerts lanes up to that of
 *     `toldIn`: it went with a file that was put aside, or the last of it is delivered and some of it was shed before
 *
 * Always: such an epoch stays in the list for as long as one that may tell of it is in the file: should that file be put
 * aside as well, the gap record goes with it and has to be made anew.
 */
import type { Epoch, Sequence } from '@forpost/shared/event/ids.ts';

export interface EpochList {
  readonly living: readonly Epoch[];
  readonly told: readonly Told[];
  /** the last numbers given in epochs that have ended, as far as that was known when the list was written */
  readonly ends?: ReadonlyMap<Epoch, LaneEnds>;
}

export interface LaneEnds {
  readonly alerts: Sequence;
  readonly telemetry: Sequence;
}

export interface Told {
  readonly epoch: Epoch;
  readonly toldIn: Epoch;
}

export const noEpochs: EpochList = { living: [], told: [] };
/** The oldest have long been delivered, or are beyond telling. */
const mostEpochs = 1000;

/** Every epoch of which something is lost with the file that the list belongs to. */
export function allOf({ living, told }: EpochList): readonly Epoch[] {
  return [...new Set([...told.map(({ epoch }) => epoch), ...living])];
}

/** What of the epochs is in the file, oldest first, when another one is about to begin. */
export interface InFile {
  /** something of them */
  readonly living: readonly Epoch[];
  /** something of their alerts, among which gap records may be */
  readonly telling: readonly Epoch[];
}

/**
 * The list for when `epoch` begins in a file, with gap records of `lost` in its first commit. It is written before that
 * commit: an epoch too many is harmless, one too few is not.
 */
export function nextList(
  before: EpochList,
  inFile: InFile,
  lost: readonly Epoch[],
  epoch: Epoch,
  ends?: ReadonlyMap<Epoch, LaneEnds>,
): EpochList {
  const told = [...stillTold(before, inFile), ...lost.map((one) => ({ epoch: one, toldIn: epoch }))].slice(-mostEpochs);
  const living = [...inFile.living.filter((one) => one !== epoch), epoch].slice(-mostEpochs);
  if (ends === undefined) return { living, told };
  const listed = new Set([...living, ...told.map((one) => one.epoch)]);
  return { living, told, ends: new Map([...ends].filter(([one]) => listed.has(one))) };
}

/** Whose gap records may still be in the file. Alerts go oldest first: with the newest that may tell, all have gone. */
function stillTold({ living: listed, told }: EpochList, { living, telling }: InFile): readonly Told[] {
  const there = new Set(living);
  const known = told.filter(({ toldIn }) => there.has(toldIn));
  const toldIn = telling.at(-1);
  if (toldIn === undefined) return known;
  const place = listed.indexOf(toldIn);
  const isOlder = (one: Epoch) => place < 0 || listed.indexOf(one) < place;
  const isKnown = (one: Epoch) => known.some((other) => other.epoch === one && other.toldIn === toldIn);
  const ended = listed.filter((one) => !there.has(one) && isOlder(one) && !isKnown(one));
  return [...known, ...ended.map((one) => ({ epoch: one, toldIn }))];
}

/**
 * One line an epoch; one of which only others tell is followed by the newest of those. Of those whose ends are known
 * another line says them.
 */
export function printList({ living, told, ends = new Map() }: EpochList): string {
  return [
    ...living,
    ...told.map(({ epoch, toldIn }) => `${epoch} ${toldIn}`),
    ...Array.from(ends, ([epoch, { alerts, telemetry }]) => `${epoch} ends ${alerts} ${telemetry}`),
  ].join('\n');
}

const line = /^([0-9a-f]{16})(?: ([0-9a-f]{16}))?$/;
const endLine = /^([0-9a-f]{16}) ends ([0-9]{1,15}) ([0-9]{1,15})$/;

/** What is no line of ours is passed over. */
export function parseList(text: string): EpochList {
  const entries = text.split('\n').flatMap((entry) => {
    const found = line.exec(entry);
    return found === null ? [] : [{ epoch: found[1] as Epoch, toldIn: found[2] as Epoch | undefined }];
  });
  const ends = text.split('\n').flatMap((entry): [Epoch, LaneEnds][] => {
    const found = endLine.exec(entry);
    return found === null ? [] : [[found[1] as Epoch, { alerts: Number(found[2]), telemetry: Number(found[3]) }]];
  });
  return {
    living: entries.filter(({ toldIn }) => toldIn === undefined).map(({ epoch }) => epoch),
    told: entries.flatMap(({ epoch, toldIn }) => (toldIn === undefined ? [] : [{ epoch, toldIn }])),
    ...(ends.length === 0 ? {} : { ends: new Map(ends) }),
  };
}
