/**
 * Known mistakes of gateways like this one, which the simulation's own wiring can make on purpose: a simulation that
 * does not find them would not find others either. None of them can be switched on in the product.
 */
import type { Violation } from './truth.ts';

export const mistakes = {
  /** the device hears of its reading while the disk still writes it */
  'acknowledge-before-commit': { shows: 'lost' },
  /** the cursor moves when a batch is sent, not when it is safe */
  'cursor-before-safe': { shows: 'lost' },
  /** what the cursor in memory has passed is deleted before that cursor is on disk */
  'delete-before-cursor': { shows: 'deleted' },
  /** the cursor of a sink and lane does not say of which epoch */
  'cursor-without-epoch': { shows: 'lost' },
  /** the centre asks for the highest number that it has, and takes all below it for stored */
  'high-water-mark': { shows: 'lost' },
  /** a start counts its epoch from what the file says, which an older image says again */
  'epoch-counted': { shows: 'conflict' },
  /** the ids of a device's readings are not in the commit of its readings */
  'resend-ids-in-memory': { shows: 'duplicated' },
  /** room is made without a look at what is on its way to a sink */
  'shed-in-flight': { shows: 'in-flight' },
  /** room is made of whatever is oldest, alerts too */
  'alert-shed': { shows: 'alert-shed' },
  /** the queue in front of the disk takes whatever comes */
  'queue-without-bound': { shows: 'unbounded' },
} as const satisfies Readonly<Record<string, { readonly shows: Violation['kind'] }>>;

export type Mistake = keyof typeof mistakes;

export const mistakeNames = Object.keys(mistakes) as readonly Mistake[];
/** Each must show within this many seeds. */
export const seedsForMistake = 200;
