/** The meters of a benchmark's site. */
import { asId, type DeviceId } from '@forpost/shared/event/ids.ts';

export const benchDevices = 50;

export function siteDevice(n: number): DeviceId {
  return asId<'device'>(`meter-${n}`);
}

export const allDevices: readonly string[] = Array.from({ length: benchDevices }, (_, n) => siteDevice(n));

/** A threshold for each meter that no reading of a benchmark crosses, so that the figures include the rules. */
export const quietRules: readonly object[] = allDevices.map((device) => ({
  id: `${device}-over`,
  kind: 'threshold',
  device,
  metric: 'power_w',
  above: 5000,
}));
