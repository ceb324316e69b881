/** A small site for tests of rules, and observations of its devices. */
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { RuleConfig, Site } from '../../site/site.ts';
import type { LineSide, Track, ZoneChange } from '../../vision/messages.ts';
import type { Observation } from '../rule.ts';

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
        lines: [
          {
            id: 'fence',
            name: 'Fence',
            points: [
              [0.7, 0],
              [0.7, 1],
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

export function trackOf(id: number, more: Partial<Track> = {}): Track {
  const best = more.score ?? 0.9;
  const box = [0.1, 0.1, 0.1, 0.3] as const;
  return { id, class: 'person', score: 0.9, best, box, seen: 1, static: false, zones: ['drive'], ...more };
}

const yard = { device: 'yard' as DeviceId, time: noon, received: noon };

export function scene(change: ZoneChange['change'], id: number, more: Partial<Track> = {}): Observation {
  return { ...yard, kind: 'scene', change: { change, zone: 'drive', track: trackOf(id, more), at: 0 } };
}

export function crossing(to: LineSide, id: number, more: Partial<Track> = {}): Observation {
  return { ...yard, kind: 'scene', change: { change: 'crossed', line: 'fence', to, track: trackOf(id, more), at: 0 } };
}

/** A frame with these tracks. */
export function frameWith(...tracks: readonly Track[]): Observation {
  return { ...yard, kind: 'frame', tracks };
}

export const sceneLost: Observation = { ...yard, kind: 'scene-lost' };
export const sceneLive: Observation = { ...yard, kind: 'scene-live' };
