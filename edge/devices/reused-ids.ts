/** The sentences on both pages about a device that gives one id to several readings (`ReusedIds`, ../outbox/outbox.ts). */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { OutboxStatus, ReusedIds } from '../outbox/outbox.ts';
import type { Site } from '../site/site.ts';
import { siteDevices } from '../site/site-devices.ts';

/** A sentence for each device that gave one id to several readings. */
export function reusedIdProblems(
  site: Pick<Site, 'devices' | 'bridges'>,
  { reusedIds }: Pick<OutboxStatus, 'reusedIds'>,
): readonly Message[] {
  const names = new Map<string, string>(siteDevices(site).map(({ id, name }) => [id, name ?? id]));
  return reusedIds.map((one) => reusedInWords(names.get(one.device), one));
}

/** One device's reused ids as a sentence. `name`: the device's name for people. */
export function reusedInWords(name: string | undefined, { device, count, lastAt }: ReusedIds): Message {
  return message('gateway/problem.reused-ids', { name: name ?? device, count, time: rfc3339(lastAt) });
}
