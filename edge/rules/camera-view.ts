/**
 * What a camera sees now, as observations for a rule that begins while the camera runs. The vision process reports changes
 * alone, so the rule would not get these observations by itself.
 */
import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { CameraView } from '../vision/messages.ts';
import type { Observation } from './rule.ts';

export function observationsOf(
  device: DeviceId,
  { live, tracks, tamper }: CameraView,
  uptime: Uptime,
  now: WallTime,
): readonly Observation[] {
  if (!live) return [];
  const at = { device, time: now, received: now };
  return [
    { kind: 'scene-live', ...at },
    { kind: 'tamper', tamper: 'stalled', active: false, reason: '', ...at },
    ...(tamper === undefined ? [] : [{ kind: 'tamper', tamper, active: true, reason: '', ...at } as const]),
    ...tracks.flatMap((track) =>
      track.zones.map(
        (zone) => ({ kind: 'scene', change: { change: 'entered', zone, track, at: uptime }, ...at }) as const,
      ),
    ),
    ...(tracks.length === 0 ? [] : [{ kind: 'frame', tracks, ...at } as const]),
  ];
}
