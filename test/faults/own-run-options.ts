/** Options of fault runs that bring a setting of their own (own-runs.ts). */
export interface OwnRunOptions {
  readonly runs: number;
  readonly firstSeed: number;
  /** keeps the folders of good runs too */
  readonly keep: boolean;
}
