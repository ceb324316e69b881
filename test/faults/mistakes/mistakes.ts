/**
 * Known mistakes: the harness starts a process and changes one line of one source file while it is loaded (hooks.ts). The
 * product has no switch for them; without the harness the file runs unchanged.
 *
 * Always: runs with the named scenarios must find each mistake; a process whose line is missing does not start, so that a
 * changed source cannot hide a mistake.
 */
export interface Mistake {
  readonly process: 'gateway' | 'centre';
  /** from the root of the checkout */
  readonly file: string;
  /** the correct line; occurs once in the file */
  readonly right: string;
  readonly wrong: string;
  /** scenarios that reveal it */
  readonly scenarios: readonly string[];
  readonly shows: 'lost' | 'duplicated';
}

export const mistakes = {
  /** the device is acknowledged while the disk still writes its reading */
  'acknowledge-before-commit': {
    process: 'gateway',
    file: 'edge/pipeline/admit.ts',
    right: 'await queue.submit(entry);',
    wrong: 'void queue.submit(entry).catch(() => undefined);',
    scenarios: ['slow-fsync', 'gateway-kill'],
    shows: 'lost',
  },
  /** devices' own ids are not remembered */
  'resend-ids-forgotten': {
    process: 'gateway',
    file: 'edge/outbox/sqlite/writer/recent-ids.ts',
    right: 'isNew(device: string, resendId: string, content: number, received: number): boolean {',
    wrong: 'isNew(device: string, resendId: string, content: number, received: number): boolean { return true;',
    scenarios: ['slow-fsync', 'gateway-kill', 'device-restart'],
    shows: 'duplicated',
  },
  /** a batch without an answer is called safe */
  'safe-without-an-answer': {
    process: 'gateway',
    file: 'edge/uplink/sinks/kafka/kafka.ts',
    right: 'throw kafkaError(error, `sending to',
    wrong: 'void kafkaError(error, `sending to',
    scenarios: ['link'],
    shows: 'lost',
  },
} as const satisfies Readonly<Record<string, Mistake>>;

export type MistakeName = keyof typeof mistakes;
export const mistakeNames = Object.keys(mistakes) as readonly MistakeName[];

/** The environment that makes a process commit the mistake. */
export function mistakeEnv(name: MistakeName): NodeJS.ProcessEnv {
  // by the environment, so that the process's threads load it too; of several hooks the last one is asked first, and
  // the product's own (prepared code) would not ask any further
  const loaded = ['../../../shared/stripping/preload.mjs', './hooks.ts'].map(
    (file) => `--import=${new URL(file, import.meta.url).href}`,
  );
  const options = [process.env.NODE_OPTIONS ?? '', ...loaded].join(' ').trim();
  return { NODE_OPTIONS: options, FORPOST_TEST_MISTAKE: name };
}
