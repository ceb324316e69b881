/**
 * The observations that stored events stand for: what the rules saw when the events were stored. Frames of cameras are not
 * stored, so each stored change of a picture is followed by a frame with the things that are in it then.
 *
 * Always: pure but for the things in each camera's picture; an event that says nothing to a rule gives no observation.
 */
import type { WallTime } from '@forpost/shared/clock.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import {
  eventTypes,
  type GatewayData,
  type ReadingData,
  type VisionObservationData,
} from '@forpost/shared/event/event.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { SceneChange, Track } from '../../vision/messages.ts';
import type { Observation } from '../rule.ts';

/** A stored thing had been seen in as many frames as its rule wanted: how many is not stored. */
const seenEnough = 100;
/** Things in one camera's picture. */
const mostThings = 200;

export class StoredObservations {
  /** the things in each camera's picture, by track */
  readonly #things = new Map<DeviceId, Map<number, Track>>();

  /** `uptime` of the event's gateway, ms. @throws SyntaxError for data that is no JSON */
  of(event: StoredEvent): readonly Observation[] {
    const { type, device, time } = event;
    const received = event.received as WallTime;
    if (type === eventTypes.gateway) return this.#ofGateway(JSON.parse(event.data) as GatewayData, time, received);
    if (device === null || event.lane === 'alerts') return [];
    if (type === eventTypes.visionObservation) return this.#ofPicture(event, device);
    if (type === eventTypes.visionCount) return [];
    if (type !== eventTypes.reading) return [{ kind: 'message', device, time: received, received }];
    const { values, channel, quality } = JSON.parse(event.data) as ReadingData;
    return [
      {
        kind: 'reading',
        device,
        time,
        received,
        values,
        ...(channel === undefined ? {} : { channel }),
        ...(quality === undefined ? {} : { quality }),
      },
    ];
  }

  /** Frames of the cameras with a thing in the picture: time passes for them. */
  frames(received: WallTime): readonly Observation[] {
    return [...this.#things]
      .filter(([, things]) => things.size > 0)
      .map(([device, things]) => ({ kind: 'frame', device, time: received, received, tracks: [...things.values()] }));
  }

  /** The gateway was started again: no camera has been seen since. */
  forget(): void {
    this.#things.clear();
  }

  #ofGateway(data: GatewayData, time: number, received: WallTime): readonly Observation[] {
    const { change, camera } = data;
    const live = change === 'camera-live';
    if (typeof camera !== 'string' || !(live || change === 'camera-lost')) return [];
    const device = camera as DeviceId;
    this.#things.delete(device);
    return [
      { kind: live ? 'scene-live' : 'scene-lost', device, time, received },
      { kind: 'tamper', device, time, received, tamper: 'stalled', active: !live, reason: '' },
    ];
  }

  #ofPicture(event: StoredEvent, device: DeviceId): readonly Observation[] {
    const received = event.received as WallTime;
    const data = JSON.parse(event.data) as VisionObservationData;
    const things = this.#things.get(device) ?? new Map<number, Track>();
    this.#things.set(device, things);
    const track = trackOf(data, things.get(data.track));
    const change = changeOf(data, track, event.uptime);
    if (change === undefined) return [];
    if (data.change === 'left' && track.zones.length === 0) things.delete(data.track);
    else if (things.size < mostThings || things.has(data.track)) things.set(data.track, track);
    return [
      { kind: 'scene', device, time: event.time, received, change },
      { kind: 'frame', device, time: received, received, tracks: [...things.values()] },
    ];
  }
}

function trackOf(data: VisionObservationData, before: Track | undefined): Track {
  const { track: id, class: name, score, box, zone, change } = data;
  const zones = new Set(before?.zones);
  if (zone !== undefined && change === 'left') zones.delete(zone);
  else if (zone !== undefined) zones.add(zone);
  return {
    id,
    class: name,
    score,
    best: Math.max(score, before?.best ?? 0),
    box,
    seen: seenEnough,
    static: data.static ?? false,
    zones: [...zones],
  };
}

function changeOf(data: VisionObservationData, track: Track, at: number): SceneChange | undefined {
  const { change, zone, line, to } = data;
  if (change === 'crossed')
    return line === undefined || to === undefined ? undefined : { change, line, to, track, at: at as never };
  return zone === undefined ? undefined : { change, zone, track, at: at as never };
}
