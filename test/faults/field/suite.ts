/** A suite of inputs as the field sends them, wild and by a seed: of messages of devices, of cameras, … */

export interface FieldOptions {
  readonly firstSeed: number;
  /** how long it goes on */
  readonly ms: number;
  readonly say: (text: string) => void;
}

export interface FieldOutcome {
  /** inputs that were tried */
  readonly samples: number;
  /** what did not hold, each with the seed that shows it again; bounded */
  readonly failures: readonly string[];
  /** further figures, with their units in their names */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** A new one is one file beside this and one line in registry.ts. */
export interface FieldSuite {
  readonly name: string;
  run(options: FieldOptions): Promise<FieldOutcome>;
}
