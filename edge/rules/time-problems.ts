/**
 * The page's problems about wrong times: of devices' clocks, while the gateway's clock is known to be right; else of the
 * gateway's own clock. Pure.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { Site } from '../site/site.ts';
import { asksForTime } from './cel.ts';
import type { ClockError } from './clock-error.ts';
import type { DeviceTimes } from './engine.ts';
import { lateAfterMs } from './rule.ts';
import { factsOf } from './running-rule.ts';

/** A device's wrong time stays a problem for this long, by the monotonic clock. */
const reportedMs = 86_400_000;
const mostNamed = 5;

export function timeProblems(
  site: Site,
  times: ReadonlyMap<DeviceId, DeviceTimes>,
  error: ClockError | undefined,
  uptime: Uptime,
): readonly Message[] {
  const recent = [...times].filter(([, { at }]) => uptime - at < reportedMs);
  const nameOf = (id: string) => factsOf(site).names.get(id) ?? id;
  return [...recent.flatMap(([id, odd]) => ofDevice(nameOf(id), odd)), ...ofGateway(site, recent, nameOf, error)];
}

const limit = { seconds: lateAfterMs / 1000 };

function ofDevice(name: string, { late, early, offMs }: DeviceTimes): readonly Message[] {
  const off = { seconds: Math.abs(offMs) / 1000 };
  return [
    ...(late === 0 ? [] : [message('gateway/problem.times-late', { name, count: late, limit, off })]),
    ...(early === 0 ? [] : [message('gateway/problem.times-early', { name, count: early, limit, off })]),
  ];
}

function ofGateway(
  site: Site,
  recent: readonly (readonly [DeviceId, DeviceTimes])[],
  nameOf: (id: string) => string,
  error: ClockError | undefined,
): readonly Message[] {
  if (error !== undefined) return [];
  const scheduled = site.rules.filter(({ when }) => typeof when === 'string' && asksForTime(when));
  const differing = recent.filter(([, { unjudged }]) => unjudged > 0).map(([id]) => nameOf(id));
  const rules = few(scheduled.map(({ id, name }) => name ?? id));
  const hours = message('gateway/problem.clock-hours', { rules });
  const differs = message('gateway/problem.clock-differs', { devices: few(differing) });
  if (scheduled.length === 0 && differing.length === 0) return [];
  const what =
    differing.length === 0
      ? hours
      : scheduled.length === 0
        ? differs
        : message('gateway/clock.both', { hours, differs });
  return [message('gateway/problem.clock-unknown', { what })];
}

function few(names: readonly string[]): string | Message {
  const named = names.slice(0, mostNamed).join(', ');
  const more = names.length - mostNamed;
  return more > 0 ? message('gateway/clock.and-more', { names: named, count: more }) : named;
}
