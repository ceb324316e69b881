/**
 * Reads the whole machine: all probes side by side, each with a deadline.
 *
 *   idle ── read ──► running ── answer within the deadline ──► idle
 *                      └── deadline ──► hangs: unknown, with this reason, and not started again ── answer ──► idle
 *
 * Always: a reading is complete when the slowest probe has answered or its deadline has passed, so one probe that hangs
 * (a disk that does not answer, a sensor behind a stuck bus) leaves only its own part unknown; at most one run of a
 * probe is under way.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { HostReading, Known } from '../reading.ts';
import { disk, type StatFs } from './disk.ts';
import { load, memory } from './load.ts';
import { modelOf } from './model.ts';
import { type AddressOf, network } from './network.ts';
import { type PowerReading, power } from './power.ts';
import type { Root } from './root.ts';
import type { Run } from './run.ts';
import { StorageProbe } from './storage.ts';
import { temperature } from './temperature.ts';

/** Files of the kernel answer in microseconds; a program of the system has 15 s of its own (run.ts). */
const deadlineMs = 20_000;

export interface ProbeParts {
  readonly root: Root;
  readonly run: Run;
  readonly clock: Clock;
  /** the data folder */
  readonly folder: string;
  readonly smart: boolean;
  readonly statfs?: StatFs;
  readonly addressOf?: AddressOf;
}

/** Reads one machine again and again. */
export interface Probes {
  read(): Promise<HostReading>;
}

export function linuxProbes(parts: ProbeParts): Probes {
  const { root, run, clock, folder, smart } = parts;
  const storage = new StorageProbe(root, { run, clock, smart });
  const model = new Probe(clock, () => modelOf(root));
  const probes = {
    temperature: new Probe(clock, () => temperature(root)),
    power: new Probe(clock, async () => {
      const name = await modelOf(root);
      return power(root, run, name?.startsWith('Raspberry Pi') ?? false);
    }),
    load: new Probe(clock, () => load(root)),
    memory: new Probe(clock, () => memory(root)),
    disk: new Probe(clock, () => disk(root, folder, parts.statfs)),
    storage: new Probe(clock, () => storage.read()),
    network: new Probe(clock, () => network(root, parts.addressOf)),
  };
  return {
    async read() {
      const [name, hot, supply, busy, space, room, disks, cables] = await Promise.all([
        model.read(() => undefined),
        probes.temperature.read(unknown),
        probes.power.read((why): PowerReading => ({ throttling: unknown(why), power: unknown(why) })),
        probes.load.read(unknown),
        probes.memory.read(unknown),
        probes.disk.read(unknown),
        probes.storage.read(unknown),
        probes.network.read(unknown),
      ]);
      return {
        ...(name === undefined ? {} : { model: name }),
        temperature: hot,
        ...supply,
        load: busy,
        memory: space,
        disk: room,
        storage: disks,
        network: cables,
      };
    },
  };
}

function unknown(why: string): Known<never> {
  return { unknown: why };
}

/** One probe with its deadline. */
export class Probe<Answer> {
  readonly #clock: Clock;
  readonly #ask: () => Promise<Answer>;
  readonly #deadlineMs: number;
  #running = false;

  constructor(clock: Clock, ask: () => Promise<Answer>, deadline = deadlineMs) {
    this.#clock = clock;
    this.#ask = ask;
    this.#deadlineMs = deadline;
  }

  /** `otherwise`: makes the answer of a probe that fails or hangs, from the reason as text. Never rejects. */
  async read<Otherwise>(otherwise: (why: string) => Otherwise): Promise<Answer | Otherwise> {
    const hangs = words('gateway/reason.no-answer-within', { seconds: this.#deadlineMs / 1000 });
    if (this.#running) return otherwise(hangs);
    this.#running = true;
    const answer = this.#ask()
      .catch(() => otherwise(words('gateway/reason.host-failed')))
      .finally(() => {
        this.#running = false;
      });
    return Promise.race([answer, this.#late(answer).then(() => otherwise(hangs))]);
  }

  /** Resolves at the deadline; never if the answer came before. */
  #late(answer: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(this.#deadlineMs, resolve);
      void answer.finally(() => timer.cancel());
    });
  }
}
