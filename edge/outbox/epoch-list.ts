/**
 * The list of epochs beside the outbox's file, from which the gateway can name the losses of that file. Pure.
 *
 *   living: the file holds something of the epoch
 *   named: the file holds nothing of the epoch any more, but gap records may name its losses: its file was put aside,
 *     or its last event is delivered after some were shed. `namedIn`: the newest epoch whose alerts lane may hold them
 *
 * Always: a named epoch stays in the list for as long as an epoch that may name it is in the file. If that file is put
 * aside as well, its gap record is lost with it and must be made again.
 */
import type { Epoch, Sequence } from '@forpost/shared/event/ids.ts';

export interface EpochList {
  readonly living: readonly Epoch[];
  readonly named: readonly NamedEpoch[];
  /** the last numbers given in finished epochs, as far as they were known when the list was written */
  readonly ends?: ReadonlyMap<Epoch, LaneEnds>;
}

export interface LaneEnds {
  readonly alerts: Sequence;
  readonly telemetry: Sequence;
}

export interface NamedEpoch {
  readonly epoch: Epoch;
  readonly namedIn: Epoch;
}

export const noEpochs: EpochList = { living: [], named: [] };
/** The most epochs in the list; older ones were delivered long ago, or can no longer be named. */
const mostEpochs = 1000;

/** Every epoch that loses events with the list's file. */
export function allOf({ living, named }: EpochList): readonly Epoch[] {
  return [...new Set([...named.map(({ epoch }) => epoch), ...living])];
}

/** The epochs in the file, oldest first, before another one begins. */
export interface InFile {
  /** epochs with anything in the file */
  readonly living: readonly Epoch[];
  /** epochs with alerts in the file, among which gap records may be */
  readonly naming: readonly Epoch[];
}

/**
 * The list for a file in which `epoch` begins, with gap records of `lost` in its first commit. It is written before
 * that commit: an epoch too many is harmless, an epoch too few is not.
 */
export function nextList(
  before: EpochList,
  inFile: InFile,
  lost: readonly Epoch[],
  epoch: Epoch,
  ends?: ReadonlyMap<Epoch, LaneEnds>,
): EpochList {
  const named = [...stillNamed(before, inFile), ...lost.map((one) => ({ epoch: one, namedIn: epoch }))].slice(
    -mostEpochs,
  );
  const living = [...inFile.living.filter((one) => one !== epoch), epoch].slice(-mostEpochs);
  if (ends === undefined) return { living, named };
  const listed = new Set([...living, ...named.map((one) => one.epoch)]);
  return { living, named, ends: new Map([...ends].filter(([one]) => listed.has(one))) };
}

/**
 * The epochs whose gap records may still be in the file. Alerts are deleted oldest first: when the newest epoch that
 * may name them has no alerts left, none has.
 */
function stillNamed({ living: listed, named }: EpochList, { living, naming }: InFile): readonly NamedEpoch[] {
  const there = new Set(living);
  const known = named.filter(({ namedIn }) => there.has(namedIn));
  const namedIn = naming.at(-1);
  if (namedIn === undefined) return known;
  const place = listed.indexOf(namedIn);
  const isOlder = (one: Epoch) => place < 0 || listed.indexOf(one) < place;
  const isKnown = (one: Epoch) => known.some((other) => other.epoch === one && other.namedIn === namedIn);
  const ended = listed.filter((one) => !there.has(one) && isOlder(one) && !isKnown(one));
  return [...known, ...ended.map((one) => ({ epoch: one, namedIn }))];
}

/**
 * One line an epoch. A named epoch is followed by the newest epoch that may name it. A further line has an epoch's
 * ends, where they are known.
 */
export function printList({ living, named, ends = new Map() }: EpochList): string {
  return [
    ...living,
    ...named.map(({ epoch, namedIn }) => `${epoch} ${namedIn}`),
    ...Array.from(ends, ([epoch, { alerts, telemetry }]) => `${epoch} ends ${alerts} ${telemetry}`),
  ].join('\n');
}

const line = /^([0-9a-f]{16})(?: ([0-9a-f]{16}))?$/;
const endLine = /^([0-9a-f]{16}) ends ([0-9]{1,15}) ([0-9]{1,15})$/;

/** Reads a list, and skips lines of another form. */
export function parseList(text: string): EpochList {
  const entries = text.split('\n').flatMap((entry) => {
    const found = line.exec(entry);
    return found === null ? [] : [{ epoch: found[1] as Epoch, namedIn: found[2] as Epoch | undefined }];
  });
  const ends = text.split('\n').flatMap((entry): [Epoch, LaneEnds][] => {
    const found = endLine.exec(entry);
    return found === null ? [] : [[found[1] as Epoch, { alerts: Number(found[2]), telemetry: Number(found[3]) }]];
  });
  return {
    living: entries.filter(({ namedIn }) => namedIn === undefined).map(({ epoch }) => epoch),
    named: entries.flatMap(({ epoch, namedIn }) => (namedIn === undefined ? [] : [{ epoch, namedIn }])),
    ...(ends.length === 0 ? {} : { ends: new Map(ends) }),
  };
}
