/**
 * The page's problems about wrong times: of devices' clocks, while the gateway's clock is known to be right; else of the
 * gateway's own clock. Pure.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { Site } from '../site/site.ts';
import { asksForTime } from './cel.ts';
import type { ClockError } from './clock-error.ts';
import type { DeviceTimes } from './engine.ts';
import { durationInWords } from './messages.ts';
import { lateAfterMs } from './rule.ts';

/** A device's wrong time stays a problem for this long, by the monotonic clock. */
const toldMs = 86_400_000;
const mostNamed = 5;

export function timeProblems(
  site: Site,
  times: ReadonlyMap<DeviceId, DeviceTimes>,
  error: ClockError | undefined,
  uptime: Uptime,
): readonly string[] {
  const names = new Map<string, string>(site.devices.map(({ id, name }) => [id, name ?? id]));
  const recent = [...times].filter(([, { at }]) => uptime - at < toldMs);
  const nameOf = (id: string) => names.get(id) ?? id;
  return [...recent.flatMap(([id, odd]) => ofDevice(nameOf(id), odd)), ...ofGateway(site, recent, nameOf, error)];
}

const limit = `${lateAfterMs / 60_000} min`;

function ofDevice(name: string, { late, early, offMs }: DeviceTimes): readonly string[] {
  const newest = `${durationInWords(Math.abs(offMs) / 1000)} ${offMs < 0 ? 'behind' : 'ahead'}`;
  return [
    ...(late === 0
      ? []
      : [
          `${name}: ${readings(late)} came more than ${limit} late and raised no alarm (the newest ${newest}): check the device’s clock`,
        ]),
    ...(early === 0
      ? []
      : [
          `${name}: ${readings(early)} had a time more than ${limit} in the future (the newest ${newest}): check the device’s clock`,
        ]),
  ];
}

function readings(count: number): string {
  return count === 1 ? '1 reading' : `${count} readings`;
}

function ofGateway(
  site: Site,
  recent: readonly (readonly [DeviceId, DeviceTimes])[],
  nameOf: (id: string) => string,
  error: ClockError | undefined,
): readonly string[] {
  if (error !== undefined) return [];
  const scheduled = site.rules.filter(({ when }) => typeof when === 'string' && asksForTime(when));
  const differing = recent.filter(([, { unjudged }]) => unjudged > 0).map(([id]) => nameOf(id));
  if (scheduled.length === 0 && differing.length === 0) return [];
  const says = [
    ...(scheduled.length === 0
      ? []
      : [`rules with hours hold at every hour (${few(scheduled.map(({ id, name }) => name ?? id))})`]),
    ...(differing.length === 0
      ? []
      : [`the clock differs from the times of ${few(differing)}, whose readings raise alarms all the same`]),
  ];
  return [
    `this gateway’s clock is not in sync, and the true time is unknown: ${says.join('; ')}. Give the gateway a time service, or declare its own clock right (gateway.yaml: clock: { trusted: true })`,
  ];
}

function few(names: readonly string[]): string {
  const more = names.length - mostNamed;
  return names.slice(0, mostNamed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
