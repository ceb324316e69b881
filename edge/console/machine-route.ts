/** The route of the machine's names and times: what the operating system owns, for people. Nothing of it is changed here. */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { ClockQuality } from '@forpost/shared/event/event.ts';
import { answer, list, time } from '@forpost/shared/http/schema.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import Type from 'typebox';
import type { NetworkNames } from '../health/host/network-names.ts';

export interface MachineSource {
  readonly names: () => NetworkNames;
  /** ms since 1970 */
  readonly now: () => number;
  readonly quality: () => ClockQuality;
  /** chrony, timesyncd, timedatectl or nobody */
  readonly timeService: () => string;
}

const machineAnswer = answer({
  hostName: Type.String({ description: 'name of the machine' }),
  interfaces: list(
    answer({
      name: Type.String({ description: 'name of the interface, as eth0' }),
      addresses: list(Type.String({ description: 'an address of it' })),
    }),
  ),
  systemTimeZone: Type.String({ description: 'time zone of the operating system (IANA); rules go by the site’s own' }),
  time: time('the machine’s clock'),
  clock: Type.Enum(['synced', 'unsynced'], { description: 'whether a time service vouches for the clock' }),
  timeService: Type.String({
    description: 'the time service that was asked: chrony, timesyncd, timedatectl (any other), nobody',
  }),
});
export type MachineView = Type.Static<typeof machineAnswer>;

export function registerMachineRoute(api: Api, { names, now, quality, timeService }: MachineSource): void {
  api.get(
    '/api/v1/machine',
    {
      config: { right: 'see' },
      schema: {
        summary: 'Names, addresses and clock of the machine, as the operating system has them',
        response: { 200: machineAnswer },
      },
    },
    async () => ({ ...names(), time: rfc3339(now()), clock: quality(), timeService: timeService() }),
  );
}
