/** What both pages say of a device that gives one id to several readings (see `ReusedIds` of ../outbox/outbox.ts). */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { ReusedIds } from '../outbox/outbox.ts';

/** `name`: what people call the device. */
export function reusedInWords(name: string | undefined, { device, count, lastAt }: ReusedIds): string {
  const readings = count === 1 ? '1 reading came' : `${count} readings came`;
  return (
    `${name ?? device} uses its numbers twice: ${readings} under an "id" that it had given to another one, ` +
    `the last at ${rfc3339(lastAt)}; all are stored, but a resend that looks like an older reading would be dropped: ` +
    'have it give ids that never come again, as a count of its boots with a number, or a UUID'
  );
}
