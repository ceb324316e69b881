/** What the command line may set for every benchmark; each takes what concerns it and has a default for it. */
export interface BenchOptions {
  /** events of a backlog, rows of a history */
  readonly events?: number;
  /** of steady load, for each setting */
  readonly seconds?: number;
  /** of steady load, for what is watched over a long time */
  readonly minutes?: number;
  /** how often a start or an outage is repeated */
  readonly runs?: number;
}

export function say(line: string): void {
  process.stderr.write(`  ${line}\n`);
}

export function seconds(ms: number): number {
  return ms / 1000;
}
