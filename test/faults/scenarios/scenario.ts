/**
 * One kind of fault while devices publish. A run has several at once, each with random numbers of its own from the run's seed. A
 * new one is a file in this folder and a line in registry.ts.
 *
 *   prepare (before the gateway starts) ──► disturb (while the load runs) ──► check (when the history is complete)
 *
 * Always: `disturb` ends every fault that it began, so that the run can complete, and counts its actions.
 */
import type { GatewayUnderTest } from '../gateway-under-test.ts';
import type { Load, LoadOptions } from '../load/load.ts';
import type { FaultSetting } from '../setting.ts';
import type { Random } from '../simulation/random.ts';

/** A scenario's changes to the gateway's surroundings. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** the outbox's folder */
  readonly data?: string;
  /** further keys of gateway.yaml */
  readonly extra?: object;
  readonly load?: Partial<Pick<LoadOptions, 'time' | 'pauseMs' | 'padding'>>;
}

export interface Preparation {
  readonly folder: string;
  readonly random: Random;
  /** registers an action for after the gateway's end */
  readonly later: (undo: () => Promise<void>) => void;
}

export interface Disturbance {
  readonly setting: FaultSetting;
  readonly gateway: GatewayUnderTest;
  readonly load: Load;
  readonly folder: string;
  readonly random: Random;
  /** duration of the load, ms */
  readonly loadMs: number;
  /** counts an action, by a name that becomes a metric */
  readonly count: (what: string, times?: number) => void;
  /** notes for the run's log */
  readonly say: (what: string) => void;
}

export interface Scenario {
  readonly name: string;
  /** weight in the random choice; 0: only by its name */
  readonly weight: number;
  readonly prepare?: (preparation: Preparation) => Promise<Surroundings>;
  readonly disturb?: (disturbance: Disturbance) => Promise<void>;
  /** resolves when the expected state is reached. @throws Error with the difference */
  readonly check?: (disturbance: Disturbance) => Promise<void>;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
