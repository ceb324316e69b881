/**
 * The list of epochs beside the outbox's file, from which the loss of that file can be told. Pure.
 *
 *   living: something of it is in the file
 *   lost: it went with a file that was put aside, and `toldIn` is the epoch whose alerts lane has its gap record
 *
 * Always: a lost epoch stays in the list for as long as the epoch that tells of it is in the file: should that file be
 * put aside as well, the gap record goes with it and has to be made anew.
 */
import type { Epoch } from '@forpost/shared/event/ids.ts';

export interface EpochList {
  readonly living: readonly Epoch[];
  readonly lost: readonly { readonly epoch: Epoch; readonly toldIn: Epoch }[];
}

export const noEpochs: EpochList = { living: [], lost: [] };
/** The oldest have long been delivered, or are beyond telling. */
const mostEpochs = 1000;

/** Every epoch of which something is lost with the file that the list belongs to. */
export function allOf({ living, lost }: EpochList): readonly Epoch[] {
  return [...new Set([...lost.map(({ epoch }) => epoch), ...living])];
}

/**
 * The list for when `epoch` begins in a file that holds `living` (the new one included), with gap records of `lost` in
 * its first commit. It is written before that commit: an epoch too many is harmless, one too few is not.
 */
export function nextList(before: EpochList, living: readonly Epoch[], lost: readonly Epoch[], epoch: Epoch): EpochList {
  const there = new Set(living);
  const told = lost.length > 0 ? [] : before.lost.filter(({ toldIn }) => there.has(toldIn));
  return {
    living: living.slice(-mostEpochs),
    lost: [...told, ...lost.map((one) => ({ epoch: one, toldIn: epoch }))].slice(-mostEpochs),
  };
}

/** One line an epoch; a lost one is followed by the epoch that tells of it. */
export function printList({ living, lost }: EpochList): string {
  return [...living, ...lost.map(({ epoch, toldIn }) => `${epoch} ${toldIn}`)].join('\n');
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
    lost: entries.flatMap(({ epoch, toldIn }) => (toldIn === undefined ? [] : [{ epoch, toldIn }])),
  };
}
