/** What the list of events says of a time that is not believed, and of events that the stream left out. */
import type { EventView } from '../../../events/schemas.ts';
import { count } from '../format.ts';

/** A few words beside the time; undefined where its own time is believed. */
export function doubtWords({ doubted, time }: Pick<EventView, 'doubted' | 'time'>): string | undefined {
  if (doubted === undefined) return undefined;
  const year = /^([+-]?\d{4,6})-/.exec(time)?.[1] ?? 'no time';
  return doubted === 'future'
    ? `not believed: says ${year}, in the future`
    : `not believed: says ${year}, too long ago`;
}

/** Named one by one. */
const named = 2;

/** '' where none were left out. */
export function leftOutWords(leftOut: Readonly<Record<string, number>>, nameOf: (gateway: string) => string): string {
  const most = Object.entries(leftOut).sort(([, a], [, b]) => b - a);
  if (most.length === 0) return '';
  const first = most.slice(0, named).map(([gateway, events]) => `${count(events)} of ${nameOf(gateway)}`);
  const others = most.slice(named).reduce((sum, [, events]) => sum + events, 0);
  return `left out meanwhile: ${[...first, ...(others > 0 ? [`${count(others)} of others`] : [])].join(', ')}`;
}
