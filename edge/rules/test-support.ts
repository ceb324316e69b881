/** A small site for tests of rules, and observations of its devices. */
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { RuleConfig, Site } from '../site/site.ts';
import type { SceneChange } from '../vision/messages.ts';
import type { Observation } from './rule.ts';

export const noon = Date.UTC(2026, 0, 14, 11); // a Wednesday, 12:00 in Berlin

export function siteWith(...rules: readonly object[]): Site {
  return {
    id: 'farm-7',
    name: 'Farm',
    timezone: 'Europe/Berlin',
    devices: [
      { id: 'heat-pump', name: 'Heat pump', decoder: 'native' },
      { id: 'oven', name: 'Oven', decoder: 'native' },
    ],
    consumers: [],
    cameras: [
      {
        id: 'yard',
        name: 'Yard camera',
        url: 'rtsp://10.0.0.7/s',
        zones: [
          {
            id: 'drive',
            name: 'Driveway',
            points: [
              [0, 0],
              [1, 0],
              [1, 1],
            ],
          },
        ],
      },
    ],
    rules: rules as readonly RuleConfig[],
    revision: '',
  } as unknown as Site;
}

export function reading(
  values: Extract<Observation, { kind: 'reading' }>['values'],
  more: Partial<Extract<Observation, { kind: 'reading' }>> = {},
): Observation {
  return { kind: 'reading', device: 'heat-pump' as DeviceId, time: noon, received: noon, values, ...more };
}

export function scene(
  change: SceneChange['change'],
  id: number,
  more: Partial<SceneChange['track']> = {},
): Observation {
  const track = { id, class: 'person', score: 0.9, box: [0, 0, 0.1, 0.1], zones: ['drive'], ...more } as const;
  return {
    kind: 'scene',
    device: 'yard' as DeviceId,
    time: noon,
    received: noon,
    change: { change, zone: 'drive', track },
  };
}
