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
import type { Epoch } from '@forpost/shared/event/ids.ts';

export interface EpochList {
  readonly living: readonly Epoch[];
  readonly told: readonly Told[];
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

/**
 * The list for when `epoch` begins in a file that holds `living` (oldest first, the new one included), with gap records
 * of `lost` in its first commit. It is written before that commit: an epoch too many is harmless, one too few is not.
 */
export function nextList(before: EpochList, living: readonly Epoch[], lost: readonly Epoch[], epoch: Epoch): EpochList {
  const told = lost.length > 0 ? lost.map((one) => ({ epoch: one, toldIn: epoch })) : stillTold(before, living);
  return { living: living.slice(-mostEpochs), told: told.slice(-mostEpochs) };
}

/** Whose gap records may still be in the file. */
function stillTold(before: EpochList, living: readonly Epoch[]): readonly Told[] {
  const there = new Set(living);
  const newest = before.living.at(-1);
  const ended = before.living.filter((epoch) => !there.has(epoch));
  const told = newest === undefined ? [] : ended.map((epoch) => ({ epoch, toldIn: newest }));
  return [...before.told, ...told].flatMap(({ epoch, toldIn }) => {
    if (there.has(toldIn)) return [{ epoch, toldIn }];
    // older alerts than the newest that may tell of it can stay longer: of a start in which nothing came nothing stays
    const mayTell = before.living.slice(0, before.living.indexOf(toldIn) + 1).findLast((one) => there.has(one));
    return mayTell === undefined ? [] : [{ epoch, toldIn: mayTell }];
  });
}

/** One line an epoch; one of which only others tell is followed by the newest of those. */
export function printList({ living, told }: EpochList): string {
  return [...living, ...told.map(({ epoch, toldIn }) => `${epoch} ${toldIn}`)].join('\n');
}

const line = /^([0-9a-f]{16})(?: ([0-9a-f]{16}))?$/;

/** What is no line of ours is passed over. */
export function parseList(text: string): EpochList {
  const entries = text.split('\n').flatMap((entry) => {
    const found = line.exec(entry);
    return found === null ? [] : [{ epoch: found[1] as Epoch, toldIn: found[2] as Epoch | undefined }];
  });
  return {
    living: entries.filter(({ toldIn }) => toldIn === undefined).map(({ epoch }) => epoch),
    told: entries.flatMap(({ epoch, toldIn }) => (toldIn === undefined ? [] : [{ epoch, toldIn }])),
  };
}
