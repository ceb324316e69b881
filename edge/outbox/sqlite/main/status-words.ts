/** What is wrong with the outbox, in words. Pure. */
import type { ForpostError } from '@forpost/shared/errors.ts';
import type { OutboxRoom } from '../../outbox.ts';

export interface OutboxTrouble {
  /** why it is down; undefined: it is not */
  readonly downFor: ForpostError | undefined;
  /** why the last commit failed; undefined: it did not */
  readonly failedFor: ForpostError | undefined;
  readonly room: OutboxRoom;
  readonly shedAfterMs: number;
}

/** Empty where nothing is wrong. */
export function problemInWords({ downFor, failedFor, room, shedAfterMs }: OutboxTrouble): string {
  const { diskFull, freeDiskBytes, minFreeBytes, shedsInMs } = room;
  if (downFor !== undefined) return `nothing is stored: ${downFor.message}`;
  if (failedFor?.code === 'FORPOST_OUTBOX_FAILED') return `nothing is stored: ${failedFor.message}`;
  if (shedsInMs !== null) {
    const why = diskFull ? 'the disk is full' : 'the outbox is full';
    const wait = `${Math.ceil(shedAfterMs / 1000)} s`;
    return `${why}: alerts are stored, readings that find no room are not acknowledged, so that their devices keep them; after ${wait} without room the oldest stored readings are deleted`;
  }
  if (!diskFull && (freeDiskBytes === null || freeDiskBytes >= minFreeBytes)) return '';
  if (!diskFull) return 'the disk is nearly full: the oldest readings make room for new ones';
  return 'the disk is full: alerts are stored, the oldest readings are deleted, the rest is not acknowledged';
}
