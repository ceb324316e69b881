/**
 * Known mistakes of such gateways, which the simulation's own wiring can make on purpose: a simulation that misses them
 * would miss others too. The product has no switch for them.
 */
import type { Violation } from './truth.ts';

export const mistakes = {
  /** the device is acknowledged while the disk still writes its reading */
  'acknowledge-before-commit': { shows: 'lost' },
  /** the cursor moves when a batch is sent, not when it is safe */
  'cursor-before-safe': { shows: 'lost' },
  /** events up to the cursor in memory are deleted before that cursor is on disk */
  'delete-before-cursor': { shows: 'deleted' },
  /** a cursor of a sink and lane does not name its epoch */
  'cursor-without-epoch': { shows: 'lost' },
  /** the centre counts every number below its highest one as stored */
  'high-water-mark': { shows: 'lost' },
  /** a start counts its epoch from the file, and an older image repeats the count */
  'epoch-counted': { shows: 'conflict' },
  /** the ids of a device's readings are not in the commit of the readings */
  'resend-ids-in-memory': { shows: 'duplicated' },
  /** shedding ignores events on their way to a sink */
  'shed-in-flight': { shows: 'in-flight' },
  /** shedding takes the oldest events, alerts included */
  'alert-shed': { shows: 'alert-shed' },
  /** the queue before the disk has no bound */
  'queue-without-bound': { shows: 'unbounded' },
} as const satisfies Readonly<Record<string, { readonly shows: Violation['kind'] }>>;

export type Mistake = keyof typeof mistakes;

export const mistakeNames = Object.keys(mistakes) as readonly Mistake[];
/** Each mistake must show within this many seeds. */
export const seedsForMistake = 200;
