/** What is wrong with the outbox, in words. Pure. */

import type { ForpostError } from '@forpost/shared/errors.ts';
import { noWords, type Words, words } from '@forpost/shared/texts/english.ts';
import type { OutboxSpace } from '../../outbox.ts';

export interface OutboxTrouble {
  /** why it is down; undefined: it is not */
  readonly downFor: ForpostError | undefined;
  /** why the last commit failed; undefined: it did not */
  readonly failedFor: ForpostError | undefined;
  readonly room: OutboxSpace;
  readonly shedAfterMs: number;
}

/** Empty where nothing is wrong. */
export function problemInWords({ downFor, failedFor, room, shedAfterMs }: OutboxTrouble): Words {
  const { diskFull, freeDiskBytes, minFreeBytes, shedsInMs } = room;
  if (downFor !== undefined) return words('gateway/reason.nothing-stored', { reason: downFor.message });
  if (failedFor?.code === 'FORPOST_OUTBOX_FAILED')
    return words('gateway/reason.nothing-stored', { reason: failedFor.message });
  if (shedsInMs !== null) {
    const why = diskFull ? words('gateway/reason.disk-full') : words('gateway/reason.outbox-full');
    const wait = `${Math.ceil(shedAfterMs / 1000)} s`;
    return words('gateway/reason.full-waits', { reason: why, wait });
  }
  if (!diskFull && (freeDiskBytes === null || freeDiskBytes >= minFreeBytes)) return noWords;
  if (!diskFull) return words('gateway/reason.disk-nearly-full');
  return words('gateway/reason.disk-full-sheds');
}
