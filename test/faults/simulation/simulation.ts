/**
 * One simulated run: a site, its gateway and its centre, with a fake clock, a fake network and a fake disk, go through a list of
 * operations; then everything is healed and drains, and the invariants are checked.
 *
 *   operation ──► a little time passes ──► … ──► heal ──► nothing waits anywhere ──► check
 *
 * Always: the same seed and operations give the same run, step for step; the run uses no real time and no real I/O.
 */
import { FakeClock } from '@forpost/shared/clock.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { SimulatedCentre } from './centre.ts';
import { Devices } from './devices.ts';
import { type Commit, SimulatedDisk } from './disk.ts';
import { limits, maxBatchEvents, SimulatedGateway } from './gateway.ts';
import { checkHistory, checkLedger, checkOrder } from './invariants.ts';
import type { Mistake } from './mistakes.ts';
import { Network } from './network.ts';
import { deviceCount, type Operation, sinkNames } from './operations.ts';
import { Random } from './random.ts';
import { Truth, type Violation } from './truth.ts';

export interface Outcome {
  readonly violations: readonly Violation[];
  readonly acknowledged: number;
  readonly committed: number;
  /** events at the centre, repeats included */
  readonly landed: number;
  /** shed events */
  readonly shed: number;
  /** ms from the last operation until nothing waited any more */
  readonly healedMs: number;
  /** landed events in their order, and acknowledged ones: equal for equal seeds and operations */
  readonly trace: string;
}

/** a row's size is an estimate for larger pages: with these a batch takes up to 2.6 times as much */
const mostBytesShare = 1.3;
/** see edge/outbox/space.ts */
const mostAlertsShare = 0.3;
const sliceMs = 20;
const healSliceMs = 50;
/** Far beyond the sum of all successive back-offs and deadlines. */
const longestHealMs = 120_000;
/** Between two operations: too short for most work to settle. */
const pausesMs = [0, 1, 2, 5, 10, 30];
const healedMs = { reconnect: 1, statusAfter: 5_000 };
const alwaysEpochs = 0x5eed;
/** The mistake «alert-shed», below the outbox: each shed event takes the oldest alert with it. */
const shedAlertsToo = `
create temp trigger shed_alerts after delete on main.events when old.lane = 'telemetry'
begin
  delete from events where lane = 'alerts' and seq = (select min(seq) from events where lane = 'alerts');
end`;

export async function simulate(seed: number, operations: readonly Operation[], mistake?: Mistake): Promise<Outcome> {
  const world = new World(seed, operations, mistake);
  try {
    await world.begin();
    for (const operation of operations) await world.play(operation);
    const healed = await world.heal();
    await world.check();
    return world.outcome(healed);
  } finally {
    world.end();
  }
}

class World {
  readonly #clock = new FakeClock();
  readonly #random: Random;
  readonly #truth = new Truth();
  readonly #network: Network;
  readonly #disk: SimulatedDisk;
  readonly #devices: Devices;
  readonly #centre: SimulatedCentre;
  readonly #gateway: SimulatedGateway;
  #centreStarts = 0;

  constructor(seed: number, operations: readonly Operation[], mistake: Mistake | undefined) {
    this.#random = new Random(seed);
    const epochs = new Random(seed ^ alwaysEpochs);
    const goesBack = operations.some((operation) => operation.do === 'restore');
    this.#network = new Network(this.#clock, this.#random);
    const record = {
      committed: (commit: Commit) => this.#truth.recordCommit(commit),
      beforePutAside: () => this.#truth.putAside(this.#disk),
      damaged: (names: readonly string[]) => {
        for (const name of names) this.#truth.damaged.add(name);
      },
    };
    this.#disk = new SimulatedDisk(this.#clock, this.#random, record, goesBack);
    if (mistake === 'alert-shed') this.#disk.tamperAlways(shedAlertsToo);
    this.#devices = new Devices(this.#clock, this.#random, this.#truth);
    this.#centre = new SimulatedCentre(this.#clock, this.#random, this.#network, mistake);
    this.#gateway = new SimulatedGateway({
      clock: this.#clock,
      random: this.#random,
      disk: this.#disk,
      network: this.#network,
      devices: this.#devices,
      truth: this.#truth,
      newEpoch: mistake === 'epoch-counted' ? () => this.#disk.countedEpoch() : epochs.epoch,
      mistake,
    });
  }

  async begin(): Promise<void> {
    this.#centre.start();
    this.#gateway.startWithin(0);
    await this.#pass(sliceMs);
  }

  async play(operation: Operation): Promise<void> {
    this.#random.reseed(operation.chance);
    await this.#do(operation);
    await this.#pass(this.#random.pick(pausesMs));
    this.#checkBounds();
  }

  /** Ends all faults; resolves when nothing waits any more, with the ms that this took. */
  async heal(): Promise<number> {
    this.#random.reseed(0);
    const from = this.#clock.uptime();
    this.#disk.state = 'well';
    this.#centre.history.state = 'well';
    this.#gateway.startWithin(healedMs.reconnect);
    this.#startCentre(healedMs.reconnect);
    // readings stay stuck for now: alerts must overtake them
    for (const sink of sinkNames) this.#network.setWeather(sink, 'jam');
    await this.#until(
      () => this.#gateway.drained(['alerts']),
      () => this.#truth.violate('P4', 'late', 'with telemetry stuck, alerts are stuck too'),
    );
    for (const sink of sinkNames) this.#network.setWeather(sink, 'clear');
    await this.#until(
      () => this.#settled(),
      () => this.#truth.violate('settles', 'stuck', `after ${longestHealMs / 1000} s: ${this.#whatWaits()}`),
    );
    this.#truth.settled();
    const took = this.#clock.uptime() - from;
    // one more status, from which the centre learns all of this
    await this.#pass(healedMs.statusAfter);
    return took;
  }

  async #until(condition: () => boolean, never: () => void): Promise<void> {
    for (let passed = 0; !condition(); passed += healSliceMs) {
      if (passed > longestHealMs) return never();
      await this.#pass(healSliceMs);
      this.#checkBounds();
    }
  }

  end(): void {
    this.#gateway.kill('kill');
    this.#centre.kill();
    this.#disk.end();
  }

  async check(): Promise<void> {
    const { store } = this.#centre.history;
    await checkHistory(this.#truth, store, this.#centre.conflicts);
    for (const id of this.#centre.history.again)
      this.#truth.violate('P3', 'duplicated', `${id} was inserted again, though it was known to be there`);
    const status = this.#lastStatus();
    if (status === undefined) this.#truth.violate('settles', 'stuck', 'no status has arrived');
    else await checkLedger(this.#truth, store, status);
    checkOrder(this.#truth, this.#network);
  }

  outcome(healedMs: number): Outcome {
    const { partitions } = this.#network;
    const landed = [...partitions.alerts, ...partitions.telemetry];
    return {
      violations: this.#truth.violations,
      acknowledged: this.#truth.acknowledged.size,
      committed: this.#truth.committed.size,
      landed: landed.length,
      shed: this.#truth.shed.size,
      healedMs,
      trace: [...landed, ...this.#truth.acknowledged].join('\n'),
    };
  }

  async #do(operation: Operation): Promise<void> {
    const gateway = this.#gateway;
    switch (operation.do) {
      case 'publish':
        this.#devices.publish(operation.device, operation.readings, operation.alert);
        return;
      case 'publish-poison':
        this.#devices.publish(operation.device, 1, false, true);
        return;
      case 'observe':
        for (let n = 0; n < operation.alerts; n++) this.#devices.observe();
        return;
      case 'resend':
        this.#devices.resend(operation.device);
        return;
      case 'wait':
        return this.#pass(operation.ms);
      case 'network':
        this.#network.setWeather(operation.sink, operation.weather);
        return;
      case 'outage':
        for (const sink of sinkNames) this.#network.setWeather(sink, 'down');
        for (let n = 0; n < operation.publishes; n++) {
          this.#devices.publish(n % deviceCount, 1 + (n % 3), this.#random.chance(operation.alerts));
          await this.#pass(this.#random.pick(pausesMs));
        }
        return;
      case 'disk':
        this.#disk.state = operation.state;
        return;
      case 'stop':
        void gateway.stop().then(() => gateway.startWithin(0));
        return;
      case 'kill':
      case 'power-cut':
        gateway.kill(operation.do);
        gateway.startWithin(operation.downMs);
        return;
      case 'restore':
        gateway.kill('power-cut');
        this.#truth.forgiveLoss(this.#disk, () => this.#disk.restore(operation.share));
        gateway.startWithin(operation.downMs);
        return;
      case 'quarantine':
        this.#disk.spoil();
        if (this.#random.chance(0.5)) gateway.check();
        return;
      case 'rot':
        if (operation.downMs > 0) gateway.kill('kill');
        this.#disk.rot();
        if (operation.downMs > 0) gateway.startWithin(operation.downMs);
        return;
      case 'sinks':
        gateway.kill('kill');
        gateway.sinks = operation.names;
        gateway.startWithin(0);
        return;
      case 'clock-jump':
        this.#clock.jump(operation.ms);
        return;
      case 'centre-kill':
        this.#centre.kill();
        this.#startCentre(operation.downMs);
        return;
      case 'rebalance':
        this.#centre.rebalance();
        return;
      case 'history':
        this.#centre.history.state = operation.state;
        return;
    }
  }

  #startCentre(withinMs: number): void {
    const start = ++this.#centreStarts;
    this.#clock.after(withinMs, () => {
      if (start === this.#centreStarts) this.#centre.start();
    });
  }

  /** Lets `ms` pass in slices, and after each slice runs every promise that can go on. */
  async #pass(ms: number): Promise<void> {
    for (let left = ms; ; left -= sliceMs) {
      this.#clock.advance(Math.min(left, sliceMs));
      await quiet();
      this.#network.pump();
      if (left <= sliceMs) return;
    }
  }

  #settled(): boolean {
    const { landing } = this.#network;
    return this.#devices.waiting === 0 && landing === 0 && this.#gateway.drained() && this.#centre.caughtUp;
  }

  #whatWaits(): string {
    const { landing } = this.#network;
    const { caughtUp } = this.#centre;
    return JSON.stringify({ devices: this.#devices.waiting, drained: this.#gateway.drained(), landing, caughtUp });
  }

  /** P6 */
  #checkBounds(): void {
    const bounds: readonly (readonly [string, number, number])[] = [
      ['entries in front of the disk', this.#gateway.queued, limits.maxQueuedEntries],
      ['bytes of alerts', this.#disk.alertBytes, mostAlertsShare * limits.maxBytes],
      ['bytes of the file', this.#disk.usedBytes, mostBytesShare * limits.maxBytes],
      ['events in a batch', this.#network.largestBatch, maxBatchEvents],
      ...sinkNames.flatMap((name) => {
        const { mostOutstanding, openNow } = this.#network.sinks[name];
        // one session for each lane
        return [
          [`batches out in a session of ${name}`, mostOutstanding, 1],
          [`sessions open at ${name}`, openNow, 2],
        ] as const;
      }),
    ];
    for (const [what, value, most] of bounds)
      if (value > most) this.#truth.violate('P6', 'unbounded', `${what}: ${value}, at most ${most}`);
  }

  /** The last status of the gateway's present life, from its sinks. */
  #lastStatus(): GatewayStatus | undefined {
    return sinkNames
      .map((name) => this.#network.sinks[name].statuses.at(-1))
      .filter((status) => status !== undefined)
      .sort((a, b) => a.uptime - b.uptime)
      .at(-1);
  }
}

/** Resolves when all promises that can go on have done so: they run before the event loop's next turn. */
function quiet(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
