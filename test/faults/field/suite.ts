/** A suite of random inputs by a seed, as they occur in the field: devices' messages, cameras, … */

export interface FieldOptions {
  readonly firstSeed: number;
  /** duration of the suite */
  readonly ms: number;
  readonly say: (text: string) => void;
}

export interface FieldOutcome {
  /** number of inputs */
  readonly samples: number;
  /** failures, each with the seed that repeats it; bounded */
  readonly failures: readonly string[];
  /** further figures, with their units in their names */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** A new suite is one file beside this one, and one line in registry.ts. */
export interface FieldSuite {
  readonly name: string;
  run(options: FieldOptions): Promise<FieldOutcome>;
}
