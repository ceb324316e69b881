/**
 * The writer's steps on the simulated disk: opening the file, committing a batch. A step takes effect when the disk has finished
 * it. After a crash an unfinished step is absent, or, when its log had reached the disk already, complete.
 *
 *   work ──► pending ── latency ──► done (readable, reported)
 *               │            └── fsync fails ──► residue: refused, but perhaps present after a crash
 *               └── crash: present as a whole, or torn before the commit (SQLite drops that), which counts as absent
 *
 * Always: at most one step is pending.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { sqliteError } from './outbox-file.ts';
import type { Random } from './random.ts';

/** Chances that a pending step survives: in a kill the kernel may have it; in a power cut it must be on disk already. */
const survival = { kill: 0.5, 'power-cut': 0.3 } as const;
export type Crash = keyof typeof survival;
/** Share of the commits whose fsync fails on a failing disk. */
const failingShare = 0.5;

export class WriteSteps {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #finished: () => void;
  #pending: { readonly run: () => void; readonly timer: Timer } | undefined;
  #residue: (() => void) | undefined;
  /** result of the running step's commits */
  #fate: 'by the disk' | 'well' | 'torn' = 'by the disk';
  #ranLast: (() => void) | undefined;

  /** @param finished called after each step that ran */
  constructor(clock: Clock, random: Random, finished: () => void) {
    this.#clock = clock;
    this.#random = random;
    this.#finished = finished;
  }

  /** Queues the next step; it runs after a latency between the two, ms, or never. */
  work(run: () => void, [from, through]: readonly [number, number]): void {
    if (this.#pending !== undefined) throw new Error('the writer does one thing at a time');
    const timer = this.#clock.after(this.#random.int(from, through), () => {
      this.#pending = undefined;
      // this step overwrites the residue
      this.#residue = undefined;
      this.#run(run);
    });
    this.#pending = { run, timer };
  }

  /** The writer is dead: what survives of its last step takes effect. `damaged`: the file is not opened again, so a residue is lost. */
  crash(how: Crash, damaged: boolean): void {
    const unsure = this.#pending?.run ?? (damaged ? undefined : this.#residue);
    this.#pending?.timer.cancel();
    this.#pending = undefined;
    this.#residue = undefined;
    if (unsure === undefined) return;
    this.#fate = this.#random.chance(survival[how]) ? 'well' : 'torn';
    this.#run(unsure);
    this.#fate = 'by the disk';
  }

  /** The disk has another file, which has no residue. */
  fileReplaced(): void {
    this.#residue = undefined;
  }

  /** Call at the beginning of each commit. @throws when the running step is torn */
  failWhenTorn(): void {
    if (this.#fate === 'torn') throw sqliteError('SQLITE_IOERR_WRITE', 'the power is cut');
  }

  /** Call at the end of each commit on a failing disk. @throws when its fsync fails */
  failSomeSyncs(): void {
    if (this.#fate === 'well' || !this.#random.chance(failingShare)) return;
    this.#residue = this.#ranLast;
    throw sqliteError('SQLITE_IOERR_FSYNC', 'disk I/O error');
  }

  #run(run: () => void): void {
    this.#ranLast = run;
    run();
    this.#finished();
  }
}
