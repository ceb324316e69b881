/** A bridge with the devices behind it, as the API and the page show it. Times in ms since 1970. */
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { BridgeConfig } from '../../site/site.ts';
import type { KnownDevice } from '../known-device.ts';
import type { Bridge } from './bridge.ts';
import type { FoundDevice } from './name-entry.ts';

export interface BridgeView {
  readonly id: DeviceId;
  readonly name: string;
  readonly decoder: string;
  /** whether it is logged in */
  readonly connected: boolean;
  /** whether the gateway receives what it says: it is logged in, and has not said that it stops */
  readonly reachable: boolean;
  readonly devices: readonly BridgedView[];
  /** the newest first */
  readonly found: readonly FoundDevice[];
  /** found devices that made room for newer ones since the gateway started */
  readonly dropped: number;
}

/** A device of the site behind a bridge. */
export interface BridgedView {
  readonly id: DeviceId;
  readonly name: string;
  /** its name or address at the bridge, as the document has it */
  readonly source: string;
  /** what the bridge calls it now; absent: the bridge has not spoken of it */
  readonly nameAtBridge?: string | undefined;
  readonly address?: string | undefined;
  readonly model?: string | undefined;
  /** whether the bridge reaches it; absent: the bridge does not say */
  readonly reachable?: boolean | undefined;
  readonly lastSeen?: number | undefined;
}

export function bridgeView(
  config: BridgeConfig,
  bridge: Bridge,
  deviceOf: (id: string) => KnownDevice | undefined,
): BridgeView {
  const { id, name = id, decoder, devices = [] } = config;
  return {
    id,
    name,
    decoder,
    connected: deviceOf(id)?.connected ?? false,
    reachable: bridge.reachable,
    devices: devices.map(({ id: device, name: title = device, source = device }) => {
      const { name: nameAtBridge, address, model, reachable } = bridge.reportedOf(device) ?? {};
      const lastSeen = deviceOf(device)?.lastSeen;
      return { id: device, name: title, source, nameAtBridge, address, model, reachable, lastSeen };
    }),
    found: bridge.found(),
    dropped: bridge.dropped,
  };
}
