/**
 * The devices of a site as rules, values, status and names know them: those with a log-in of their own, the bridges, and
 * the devices behind bridges.
 *
 * Always: every id stands once (config/check-site.ts), in the order of the document; only devices with a log-in of their
 * own and bridges log in.
 */
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { BridgedDeviceConfig, DeviceConfig, Site } from './site.ts';

export interface SiteDevice {
  readonly id: DeviceId;
  readonly name?: string | undefined;
  readonly place?: string | undefined;
  /** id of the bridge that speaks for the device; absent: the device has a log-in of its own */
  readonly bridge?: DeviceId;
}

type Devices = Pick<Site, 'devices' | 'bridges'>;

/** All devices of a site: a bridge stands before the devices behind it. */
export function siteDevices({ devices, bridges = [] }: Devices): readonly SiteDevice[] {
  if (bridges.length === 0) return devices;
  return [...devices, ...bridges.flatMap((bridge) => [bridge, ...behind(bridge)])];
}

/** Devices and bridges: what logs in and sends readings. */
export function logInsOf({ devices, bridges = [] }: Devices): readonly DeviceConfig[] {
  return bridges.length === 0 ? devices : [...devices, ...bridges];
}

function behind({
  id: bridge,
  devices = [],
}: {
  id: DeviceId;
  devices?: readonly BridgedDeviceConfig[];
}): SiteDevice[] {
  return devices.map(({ id, name, place }) => ({ id, name, place, bridge }));
}

/** What people call a device or camera, and where it is: its own place, else the site's. */
export function deviceWords(
  { cameras, place, ...devices }: Devices & Pick<Site, 'cameras'> & { readonly place?: string },
  id: string,
): { readonly name?: string | undefined; readonly place?: string | undefined } {
  const all = siteDevices(devices);
  const known: Omit<SiteDevice, 'id'> | undefined =
    all.find((one) => one.id === id) ?? cameras.find((one) => one.id === id);
  return { name: known?.name, place: known?.place ?? place };
}

/** The names for people of what the site has; an id that it lacks is its own name. */
export function siteNames({ cameras, ...devices }: Devices & Pick<Site, 'cameras'>): {
  nameOf(device: string): string;
  zoneNameOf(camera: string, zone: string): string;
  lineNameOf(camera: string, line: string): string;
} {
  const camera = (id: string) => cameras.find((one) => one.id === id);
  return {
    nameOf: (device) => deviceWords({ ...devices, cameras }, device).name ?? device,
    zoneNameOf: (id, zone) => camera(id)?.zones?.find((one) => one.id === zone)?.name ?? zone,
    lineNameOf: (id, line) => camera(id)?.lines?.find((one) => one.id === line)?.name ?? line,
  };
}
