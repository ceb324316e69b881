/**
 * The simulated gateway: the real outbox (edge/outbox), entry queue, dispatcher, lanes and forwarders (edge/uplink) between the
 * simulated disk and the simulated network, connected as the threads are: messages between them arrive a little later, or
 * never.
 *
 *   dead ── start ──► opening (begins an epoch) ──► running ── kill, stop ──► dead
 *     ▲                  └── the disk refuses: the process ends, and is started again
 *     └──────────────────────┘
 *
 * Always: after a kill nothing of this life sends anything any more.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { asId, type Lane, lanes } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { Answerer, Caller } from '@forpost/shared/threads/calls.ts';
import type { OutboxReader } from '../../../edge/outbox/outbox.ts';
import { DamagedRange } from '../../../edge/outbox/sqlite/event-rows.ts';
import { SqliteOutbox } from '../../../edge/outbox/sqlite/main/sqlite-outbox.ts';
import { SqliteReader } from '../../../edge/outbox/sqlite/reader/sqlite-reader.ts';
import type { FromDispatcher, MainCalls, Refusal } from '../../../edge/uplink/messages.ts';
import { refusalEntry } from '../../../edge/uplink/refusal.ts';
import { Dispatcher } from '../../../edge/uplink/thread/dispatcher.ts';
import { boot, type Devices } from './devices.ts';
import { minFreeBytes, type SimulatedDisk } from './disk.ts';
import type { Mistake } from './mistakes.ts';
import { type Network, withSendReports } from './network.ts';
import type { SinkName } from './operations.ts';
import { SimulatedThread } from './outbox.ts';
import type { Random } from './random.ts';
import { nameOf, type Truth } from './truth.ts';

export const identity = { site: asId<'site'>('home'), gateway: asId<'gateway'>('gw-1') };
export const limits = {
  maxBytes: 48 * 1024,
  minFreeBytes,
  maxQueuedEntries: 12,
  maxQueuedBytes: 2 ** 20,
  keepDeliveredMs: 1_000,
  shedAfterMs: 300,
};
export const maxBatchEvents = 8;
const uplinkSettings = { maxEvents: maxBatchEvents, openDeadlineMs: 300, sendDeadlineMs: 500 };
const backoff = { baseMs: 50, ceilingMs: 800 };
const reopenMs = 300;
const maxOpen = 16;
const recordTimeoutMs = 2_000;
const logger = silentLogger();

export interface GatewayParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: SimulatedDisk;
  readonly network: Network;
  readonly devices: Devices;
  readonly truth: Truth;
  readonly newEpoch: () => string;
  readonly mistake: Mistake | undefined;
}

export class SimulatedGateway {
  readonly #parts: GatewayParts;
  #life: Life | undefined;
  /** number of the newest start; a delayed older start is skipped */
  #starts = 0;
  sinks: readonly SinkName[] = ['first'];

  constructor(parts: GatewayParts) {
    this.#parts = parts;
  }

  /** Whether no configured sink has a backlog in these lanes. */
  drained(of: readonly Lane[] = lanes): boolean {
    return this.#life?.drained(of) ?? false;
  }

  get queued(): number {
    return this.#life?.queued ?? 0;
  }

  get status(): GatewayStatus | undefined {
    return this.#life?.sent;
  }

  startWithin(ms: number): void {
    const start = ++this.#starts;
    this.#parts.clock.after(ms, () => {
      if (start !== this.#starts || this.#life !== undefined) return;
      const life = new Life(this.#parts, this.sinks, () => {
        if (this.#life !== life) return;
        this.kill('kill');
        this.startWithin(reopenMs);
      });
      this.#life = life;
      life.start();
    });
  }

  async stop(): Promise<void> {
    this.#starts++;
    const life = this.#life;
    if (life === undefined) return;
    await life.stop();
    if (this.#life === life) this.#life = undefined;
  }

  /** The uplink has read a damaged page. */
  check(): void {
    this.#life?.check();
  }

  kill(how: 'kill' | 'power-cut'): void {
    this.#starts++;
    this.#life?.kill(how);
    this.#life = undefined;
  }
}

/** From one start of the process to its end. */
class Life {
  readonly #outbox: SqliteOutbox;
  readonly #parts: GatewayParts;
  readonly #sinks: readonly SinkName[];
  readonly #failed: () => void;
  readonly #threads: SimulatedThread[] = [];
  #dispatcher: Dispatcher | undefined;
  #wanted = false;
  #counter = 0;
  #dead = false;
  #stopping = false;
  #sent: GatewayStatus | undefined;

  /** `failed`: called when it could not start */
  constructor(parts: GatewayParts, sinks: readonly SinkName[], failed: () => void) {
    this.#parts = parts;
    this.#sinks = sinks;
    this.#failed = failed;
    const { disk, clock, newEpoch, mistake } = parts;
    const unbounded = { maxQueuedEntries: Number.POSITIVE_INFINITY };
    this.#outbox = new SqliteOutbox({
      folder: ':simulated:',
      sinks,
      clock,
      logger,
      newEpoch,
      stamp: () => ({ clock: 'synced', boot }),
      limits: { ...limits, ...(mistake === 'queue-without-bound' ? unbounded : {}) },
      startWriter: (data) => {
        const thread = new SimulatedThread(data, disk, clock, mistake);
        this.#threads.push(thread);
        return thread;
      },
    });
  }

  /** the last status that was made */
  get sent(): GatewayStatus | undefined {
    return this.#sent;
  }

  /** entries that wait for the disk */
  get queued(): number {
    return this.#dispatcher === undefined ? 0 : this.#outbox.status().queued;
  }

  drained(of: readonly Lane[]): boolean {
    return this.#dispatcher !== undefined && this.queued === 0 && !this.#parts.disk.awaits(of);
  }

  check(): void {
    if (this.#dispatcher !== undefined) this.#outbox.check();
  }

  start(): void {
    const { truth, disk } = this.#parts;
    truth.gatewayStarts(disk, this.#sinks);
    this.#outbox.start().then(
      () => {
        if (!this.#dead && !this.#stopping) this.#run();
      },
      () => {
        if (!this.#dead && !this.#stopping) this.#failed();
      },
    );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#parts.devices.disconnected();
    await this.#dispatcher?.stop();
    await this.#outbox.stop();
    if (!this.#dead) this.#end('kill');
  }

  kill(how: 'kill' | 'power-cut'): void {
    this.#parts.devices.disconnected();
    void this.#dispatcher?.stop();
    this.#end(how);
  }

  #end(how: 'kill' | 'power-cut'): void {
    const { truth, disk } = this.#parts;
    this.#dead = true;
    for (const thread of this.#threads) thread.cut();
    // stops its timers too
    void this.#outbox.stop();
    truth.gatewayDies();
    disk.crash(how);
  }

  #run(): void {
    const { clock, random, network, devices, truth, mistake } = this.#parts;
    const outbox = this.#outbox;
    const main = this.#callsToMain();
    this.#dispatcher = new Dispatcher({
      sinks: this.#sinks.map((name) => {
        const sink = withSendReports(network.sinks[name], (batch, answer) => {
          if (this.#dead) return;
          const names = batch.records.map(({ sequence }) => nameOf({ ...batch, sequence }));
          if (answer === 'none yet') truth.sent(name, names);
          else truth.calledSafe(name, names);
        });
        if (mistake !== 'cursor-before-safe') return { sink, backoff };
        const early = withSendReports(sink, ({ epoch, lane, records }, answer) => {
          if (answer === 'safe') return;
          const through = records.at(-1)?.sequence;
          if (through !== undefined) outbox.acknowledge(name, epoch, lane, through);
        });
        return { sink: early, backoff };
      }),
      identity,
      reader: this.#reader(),
      inHand: outbox.inHand,
      canRecordRefusals: true,
      recordRefusal: async (refusal) => void (await main.call('recordRefusal', refusal, recordTimeoutMs)),
      clock,
      random: random.next,
      logger,
      post: (message) => this.#later(() => this.#onMessage(message)),
      wantCommits: () => {
        this.#wanted = true;
      },
      settings: uplinkSettings,
    });
    outbox.onCommit(() => {
      if (!this.#wanted) return;
      this.#wanted = false;
      this.#later(() => this.#dispatcher?.handle({ kind: 'committed' }));
    });
    this.#dispatcher.start();
    devices.connected(outbox);
  }

  /** The uplink thread's reader: reports an altered event when it reaches one. */
  #reader(): OutboxReader {
    const reader = new SqliteReader(this.#parts.disk.reader());
    const read: OutboxReader['read'] = (...asked) => {
      try {
        return reader.read(...asked);
      } catch (error) {
        if (error instanceof DamagedRange) this.#later(() => this.#outbox.check(error.place));
        throw error;
      }
    };
    return {
      backlog: (sink) => reader.backlog(sink),
      drained: (sink, limit) => reader.drained(sink, limit),
      read,
      newest: (lane, limit) => reader.newest(lane, limit),
      isStored: (device, id) => reader.isStored(device, id),
      close: () => reader.close(),
    };
  }

  /** Delivers a message between threads. */
  #later(run: () => void): void {
    const { clock, random } = this.#parts;
    clock.after(random.int(0, 3), () => {
      if (!this.#dead) run();
    });
  }

  #onMessage(message: FromDispatcher): void {
    switch (message.kind) {
      case 'acknowledge':
        this.#outbox.acknowledge(message.sink, message.epoch, message.lane, message.through);
        return;
      case 'wantStatus':
        this.#later(() => this.#dispatcher?.handle({ kind: 'status', status: this.#status() }));
        return;
      case 'report':
        return;
    }
  }

  /** The uplink thread's calls to the main thread. */
  #callsToMain(): Caller<MainCalls> {
    const caller = new Caller<MainCalls>({ peer: 'the main thread', clock: this.#parts.clock, maxOpen });
    const answerer = new Answerer<MainCalls>(
      {
        recordRefusal: (refusal) => this.#recordRefusal(refusal),
        runCommand: () => Promise.reject(new Error('the simulation sends no commands')),
      },
      maxOpen,
    );
    caller.connect((message) =>
      this.#later(() => answerer.answer(message, (answer) => this.#later(() => caller.receive(answer)))),
    );
    return caller;
  }

  async #recordRefusal(refusal: Refusal): Promise<null> {
    const { clock } = this.#parts;
    const stamp = { received: clock.now(), uptime: clock.uptime(), boot, clock: 'synced' } as const;
    await this.#outbox.append({ ...refusalEntry(refusal, identity.gateway, stamp), reserved: true });
    this.#parts.truth.calledSafe(refusal.sink, [nameOf(refusal.event)]);
    return null;
  }

  #status(): GatewayStatus {
    const { clock } = this.#parts;
    this.#sent = {
      ...identity,
      name: 'Home',
      version: '0',
      starts: this.#outbox.status().starts,
      counter: ++this.#counter,
      at: new Date(clock.now()).toISOString(),
      clock: 'synced',
      boot,
      uptime: clock.uptime(),
      revision: 'r',
      lanes: [],
      uplinks: [],
      cameras: [],
      devices: [],
      problems: [],
    };
    return this.#sent;
  }
}
