/** The benchmarks' options on the command line; each benchmark uses some of them and has its own defaults. */
export interface BenchOptions {
  /** events of a backlog, rows of a history */
  readonly events?: number;
  /** of steady load, for each setting */
  readonly seconds?: number;
  /** of steady load, for long measurements */
  readonly minutes?: number;
  /** repetitions of a start or an outage */
  readonly runs?: number;
}

export function say(line: string): void {
  process.stderr.write(`  ${line}\n`);
}

export function seconds(ms: number): number {
  return ms / 1000;
}
