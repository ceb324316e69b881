/**
 * The ways to the centre and the log at their end: sinks that drop, delay, duplicate, answer late, answer after they failed, and
 * let a batch of an abandoned producer land long after it was sent again.
 *
 * Always: a landing batch is appended to its lane's partition, in order of landing; no landed event is lost.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { type Lane, lanes } from '@forpost/shared/event/ids.ts';
import type { Sink, SinkBatch } from '../../../edge/uplink/sink.ts';
import { type Fate, MemorySink } from '../../../edge/uplink/testing/memory-sink.ts';
import type { SinkName, Weather } from './operations.ts';
import type { Random } from './random.ts';

/** Marks an event that every sink refuses for good. */
export const poisonMark = '"poison":true';

const never = new Promise<void>(() => {});
const well: Fate = { kind: 'well' };

export class Network {
  readonly sinks: Readonly<Record<SinkName, MemorySink>>;
  readonly partitions: Readonly<Record<Lane, string[]>> = { alerts: [], telemetry: [] };
  /** batches that will still land by themselves */
  landing = 0;
  largestBatch = 0;
  #weather: Readonly<Record<SinkName, Weather>> = { first: 'clear', second: 'clear' };
  readonly #taken: Record<SinkName, number> = { first: 0, second: 0 };
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.sinks = { first: this.#sink('first'), second: this.#sink('second') };
  }

  setWeather(sink: SinkName, weather: Weather): void {
    this.#weather = { ...this.#weather, [sink]: weather };
  }

  /** Moves arrived events into the partitions. */
  pump(): void {
    for (const [name, { arrived }] of Object.entries(this.sinks) as [SinkName, MemorySink][]) {
      for (const json of arrived.slice(this.#taken[name])) {
        const lane = lanes.find((lane) => json.includes(`"lane":"${lane}"`));
        if (lane === undefined) throw new Error(`no lane in ${json}`);
        this.partitions[lane].push(json);
      }
      this.#taken[name] = arrived.length;
    }
  }

  #sink(name: SinkName): MemorySink {
    const sink = new MemorySink(name);
    sink.onOpen = () => this.#opening(this.#weather[name]);
    sink.onSend = (batch) => this.#sending(sink, batch, this.#weather[name]);
    return sink;
  }

  #opening(weather: Weather): Fate {
    if (weather === 'down') return fails(0);
    if (weather === 'clear' || weather === 'jam') return this.#after(this.#random.int(0, 5), 0);
    return this.#random.pick<() => Fate>([
      () => this.#after(this.#random.int(0, 100), 0),
      () => fails(0),
      () => ({ kind: 'hangs', until: never, arrives: 0 }),
    ])();
  }

  #sending(sink: MemorySink, batch: SinkBatch, weather: Weather): Fate {
    const { length } = batch.records;
    this.largestBatch = Math.max(this.largestBatch, length);
    if (weather === 'down') return fails(0);
    if (weather === 'jam' && batch.lane === 'telemetry') return { kind: 'hangs', until: never, arrives: 0 };
    if (batch.records.some(({ json }) => json.includes(poisonMark)))
      return { kind: 'fails', code: 'FORPOST_SINK_REFUSED', arrives: 0 };
    if (weather === 'clear' || weather === 'jam') return this.#after(this.#random.int(0, 5), length);
    const some = () => this.#random.int(0, length);
    return this.#random.pick<() => Fate>([
      () => well,
      () => this.#after(this.#random.int(0, 200), length),
      () => fails(some()),
      () => ({ kind: 'fails', code: 'FORPOST_SINK_TIMEOUT', arrives: some() }),
      () => ({ kind: 'hangs', until: never, arrives: some() }),
      // answers after its deadline
      () => this.#after(this.#random.int(500, 3000), length),
      () => {
        this.#landsLater(sink, batch);
        return this.#random.chance(0.5) ? fails(0) : { kind: 'hangs', until: never, arrives: 0 };
      },
      () => {
        this.#landsLater(sink, batch);
        return well;
      },
    ])();
  }

  /** The batch arrives as a whole (the broker writes it at once), after its sender has given up. */
  #landsLater(sink: MemorySink, { records }: SinkBatch): void {
    this.landing++;
    this.#clock.after(this.#random.int(1, 4000), () => {
      this.landing--;
      sink.arrived.push(...records.map(({ json }) => json));
    });
  }

  #after(ms: number, arrives: number): Fate {
    if (ms === 0 && arrives > 0) return well;
    const until = new Promise<void>((resolve) => this.#clock.after(ms, resolve));
    return { kind: 'hangs', until, arrives };
  }
}

function fails(arrives: number): Fate {
  return { kind: 'fails', code: 'FORPOST_SINK_UNREACHABLE', arrives };
}

/** A sink that reports when a batch is sent, before it is safe, and when it is safe. */
export function withSendReports(sink: Sink, report: (batch: SinkBatch, answer: 'none yet' | 'safe') => void): Sink {
  return {
    name: sink.name,
    async open(deadlineMs) {
      const session = await sink.open(deadlineMs);
      return {
        get wireBytes() {
          return session.wireBytes;
        },
        async send(batch, sendDeadlineMs) {
          report(batch, 'none yet');
          await session.send(batch, sendDeadlineMs);
          report(batch, 'safe');
        },
        status: (status, statusDeadlineMs) => session.status(status, statusDeadlineMs),
        close: () => session.close(),
      };
    },
  };
}
