/** Checks the devices behind bridges beyond the schema: no two have one name at their bridge. */
import type { Problem } from '@forpost/shared/config/yaml.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Site } from '../site/site.ts';

export function checkBridges({ bridges = [] }: Pick<Site, 'bridges'>): readonly Problem[] {
  return bridges.flatMap(({ id: bridge, devices = [] }, index) => {
    const taken = new Map<string, string>();
    return devices.flatMap((device, at): readonly Problem[] => {
      const { id, source = id } = device;
      const other = taken.get(source);
      taken.set(source, other ?? id);
      if (other === undefined) return [];
      const key = device.source === undefined ? 'id' : 'source';
      const message = words('mistake/bridge.source-taken', { source, device: other, bridge });
      return [{ path: ['bridges', index, 'devices', at, key], message }];
    });
  });
}
