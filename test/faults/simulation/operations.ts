/**
 * The events in the life of a simulated site and its centre: a list of operations, drawn from a seed. It is plain data, so that a
 * failing list can be printed, shortened and run again.
 *
 * Always: each operation has its own `chance`, which seeds all later random draws until the next one; leaving one operation out
 * does not change the draws of the others.
 */
import { Random } from './random.ts';

export const deviceCount = 3;
/** at most two ways to the centre; each may be configured or not */
export const sinkNames = ['first', 'second'] as const;
export type SinkName = (typeof sinkNames)[number];

/** jam: alerts get through, readings do not */
export type Weather = 'clear' | 'bad' | 'down' | 'jam';
/** scarce: below the floor of free disk */
export type DiskState = 'well' | 'stalled' | 'scarce' | 'full' | 'failing';
export type HistoryState = 'well' | 'slow' | 'half' | 'failing';

export type Action =
  | { readonly do: 'publish'; readonly device: number; readonly readings: number; readonly alert: boolean }
  /** a camera's alerts, which have no sender */
  | { readonly do: 'observe'; readonly alerts: number }
  /** a reading that every sink refuses for good */
  | { readonly do: 'publish-poison'; readonly device: number }
  /** sends unacknowledged readings again, and the last acknowledged one, whose acknowledgement was lost */
  | { readonly do: 'resend'; readonly device: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'network'; readonly sink: SinkName; readonly weather: Weather }
  /** no way to the centre while devices publish: space becomes scarce; `alerts`: the share of publishes that raise one */
  | { readonly do: 'outage'; readonly publishes: number; readonly alerts: number }
  | { readonly do: 'disk'; readonly state: DiskState }
  | { readonly do: 'stop' }
  | { readonly do: 'kill'; readonly downMs: number }
  | { readonly do: 'power-cut'; readonly downMs: number }
  | { readonly do: 'sinks'; readonly names: readonly SinkName[] }
  | { readonly do: 'clock-jump'; readonly ms: number }
  | { readonly do: 'centre-kill'; readonly downMs: number }
  | { readonly do: 'rebalance' }
  | { readonly do: 'history'; readonly state: HistoryState }
  /** sets the disk back to an older image, after `share` of everything written */
  | { readonly do: 'restore'; readonly share: number; readonly downMs: number }
  /** the running uplink finds the database damaged, and it is put aside */
  | { readonly do: 'quarantine' }
  /** an event's row is altered on the disk, while the gateway is down, or (0) while it runs */
  | { readonly do: 'rot'; readonly downMs: number };

export type Operation = Action & { readonly chance: number };

const yearMs = 365 * 86_400_000;

type Draw = (random: Random) => Action;

const device = (random: Random) => random.int(0, deviceCount - 1);
const publish: Draw = (random) => ({
  do: 'publish',
  device: device(random),
  readings: random.int(1, 4),
  alert: random.chance(0.3),
});

/** operations with their weights */
const always: readonly (readonly [number, Draw])[] = [
  [12, publish],
  [2, (random) => ({ do: 'resend', device: device(random) })],
  [5, (random) => ({ do: 'wait', ms: random.pick([20, 100, 400, 1500]) })],
  [
    4,
    (random) => ({
      do: 'network',
      sink: random.pick(sinkNames),
      weather: random.pick(['clear', 'bad', 'bad', 'down', 'jam'] as const),
    }),
  ],
  [1.5, (random) => ({ do: 'outage', publishes: random.int(10, 30), alerts: random.pick([0.1, 0.1, 0.9]) })],
  [2, (random) => ({ do: 'disk', state: random.pick(['well', 'stalled', 'scarce', 'full', 'failing'] as const) })],
  [2, (random) => ({ do: 'kill', downMs: random.int(1, 600) })],
  [2, (random) => ({ do: 'power-cut', downMs: random.int(1, 600) })],
  [1, (random) => ({ do: 'observe', alerts: random.int(1, 6) })],
  [1, () => ({ do: 'stop' })],
  [1, (random) => ({ do: 'publish-poison', device: device(random) })],
  [
    1,
    (random) => ({
      do: 'sinks',
      names: random.pick([['first'], ['second'], ['first', 'second']] as const),
    }),
  ],
  [0.5, (random) => ({ do: 'clock-jump', ms: random.int(-50, 50) * yearMs })],
  [2, (random) => ({ do: 'centre-kill', downMs: random.int(1, 600) })],
  [0.5, () => ({ do: 'rebalance' })],
  [2, (random) => ({ do: 'history', state: random.pick(['well', 'slow', 'half', 'failing'] as const) })],
];

/** Operations that destroy committed events: only some lists have them, so that the others may not lose any event. */
const destructive: readonly (readonly [number, Draw])[] = [
  [2, (random) => ({ do: 'restore', share: random.next(), downMs: random.int(1, 600) })],
  [1, () => ({ do: 'quarantine' })],
  [1, (random) => ({ do: 'rot', downMs: random.chance(0.5) ? 0 : random.int(1, 600) })],
];
const destructiveShare = 0.25;
const shortest = 10;
const longest = 45;

/** The operations of this seed. */
export function historyOf(seed: number): readonly Operation[] {
  const random = new Random(seed);
  const choices = random.chance(destructiveShare) ? [...always, ...destructive] : always;
  const total = choices.reduce((sum, [weight]) => sum + weight, 0);
  return Array.from({ length: random.int(shortest, longest) }, () => {
    let left = random.next() * total;
    const [, draw] = choices.find(([weight]) => {
      left -= weight;
      return left < 0;
    }) ?? [1, publish];
    return { ...draw(random), chance: random.int(0, 2 ** 31) };
  });
}
