/** The sentences on both pages about a device that gives one id to several readings (`ReusedIds`, ../outbox/outbox.ts). */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { OutboxStatus, ReusedIds } from '../outbox/outbox.ts';
import type { Site } from '../site/site.ts';

/** A sentence for each device that gave one id to several readings. */
export function reusedIdProblems(
  { devices }: Pick<Site, 'devices'>,
  { reusedIds }: Pick<OutboxStatus, 'reusedIds'>,
): readonly string[] {
  const names = new Map<string, string>(devices.map(({ id, name }) => [id, name ?? id]));
  return reusedIds.map((one) => reusedInWords(names.get(one.device), one));
}

/** One device's reused ids as a sentence. `name`: the device's name for people. */
export function reusedInWords(name: string | undefined, { device, count, lastAt }: ReusedIds): string {
  const readings = count === 1 ? '1 reading' : `${count} readings`;
  return (
    `${name ?? device} reuses ids: ${readings} had the "id" of an earlier reading and other content, ` +
    `the last at ${rfc3339(lastAt)}. All are stored, but a reading that equals an earlier one with its id is dropped ` +
    'as a resend: set the device to ids that never repeat, such as its count of boots with a number, or a UUID'
  );
}
