/**
 * One thing that goes wrong while devices publish. A run has several of them at once, each with a chance of its own
 * from the run's seed. A new one is a file in this folder and a line in registry.ts.
 *
 *   prepare (before the gateway starts) ──► disturb (while the load runs) ──► check (when the history is complete)
 *
 * Always: `disturb` ends what it began, so that the run can complete; everything it did is counted.
 */
import type { GatewayUnderTest } from '../gateway-under-test.ts';
import type { Load, LoadOptions } from '../load/load.ts';
import type { FaultSetting } from '../setting.ts';
import type { Random } from '../simulation/random.ts';

/** What a scenario wants around the gateway's process. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** the outbox's folder */
  readonly data?: string;
  /** more of gateway.yaml */
  readonly extra?: object;
  readonly load?: Partial<Pick<LoadOptions, 'time' | 'pauseMs' | 'padding'>>;
}

export interface Preparation {
  readonly folder: string;
  readonly random: Random;
  /** run when the gateway has ended */
  readonly later: (undo: () => Promise<void>) => void;
}

export interface Disturbance {
  readonly setting: FaultSetting;
  readonly gateway: GatewayUnderTest;
  readonly load: Load;
  readonly folder: string;
  readonly random: Random;
  /** how long the load lasts, ms */
  readonly loadMs: number;
  /** counts what was done, by a name that becomes a metric */
  readonly count: (what: string, times?: number) => void;
  /** notes for the run's log */
  readonly say: (what: string) => void;
}

export interface Scenario {
  readonly name: string;
  /** how often it is chosen, against the others; 0: only by its name */
  readonly weight: number;
  readonly prepare?: (preparation: Preparation) => Promise<Surroundings>;
  readonly disturb?: (disturbance: Disturbance) => Promise<void>;
  /** resolves when it is as it should be. @throws with what is wrong */
  readonly check?: (disturbance: Disturbance) => Promise<void>;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
