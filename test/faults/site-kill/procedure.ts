/** What is interrupted by a kill: its steps on a running gateway, and what must be true after the next start. */
import type { KilledGateway, Plan, Ports } from './killed-gateway.ts';

export interface Verdict {
  /** which state the next start found */
  readonly found: 'old' | 'new';
  /** what is wrong, a sentence each; empty: nothing */
  readonly problems: readonly string[];
}

export interface Procedure {
  readonly name: string;
  /** paths whose calls count */
  readonly only: string;
  /** Makes the files of a box in `folder`, which is copied for each run. */
  prepare(folder: string, ports: Ports): Promise<void>;
  /** Starts the gateway and has it do the steps with this plan. It may be killed on the way: `act` ends then too. */
  act(gateway: KilledGateway, plan: Plan): Promise<void>;
  /** Judges the gateway after its next start. */
  judge(gateway: KilledGateway): Promise<Verdict>;
}

/** Collects sentences about what is wrong. */
export class Problems {
  readonly all: string[] = [];

  expect(isTrue: boolean, otherwise: string): void {
    if (!isTrue) this.all.push(otherwise);
  }
}
