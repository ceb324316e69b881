/**
 * The simulated gateway: the real dispatcher, lanes and forwarders (edge/uplink) between the simulated outbox and the
 * simulated network, wired as the two threads are: what one tells the other arrives a little later, or never.
 *
 *   dead ── start ──► opening (begins an epoch; again while the disk refuses) ──► running ── kill, stop ──► dead
 *
 * Always: after a kill nothing of this life says anything any more.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { Dispatcher } from '../../../edge/uplink/dispatcher.ts';
import type { FromThread, Refusal } from '../../../edge/uplink/messages.ts';
import { refusalEntry } from '../../../edge/uplink/refusal.ts';
import { boot, type Devices } from './devices.ts';
import type { SimulatedDisk } from './disk.ts';
import type { Mistake } from './mistakes.ts';
import { type Network, tellingSent } from './network.ts';
import type { SinkName } from './operations.ts';
import { SimulatedOutbox } from './outbox.ts';
import type { Random } from './random.ts';
import { nameOf, type Truth } from './truth.ts';

export const identity = { site: asId<'site'>('home'), gateway: asId<'gateway'>('gw-1') };
export const limits = { maxEvents: 60, maxQueuedEntries: 12, keepDeliveredMs: 1_000 };
export const maxBatchEvents = 8;
const uplinkSettings = { maxEvents: maxBatchEvents, openDeadlineMs: 300, sendDeadlineMs: 500 };
const backoff = { baseMs: 50, ceilingMs: 800 };
const reopenMs = 300;
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
  /** so that a start which was put off does not come after a later one */
  #starts = 0;
  sinks: readonly SinkName[] = ['first'];

  constructor(parts: GatewayParts) {
    this.#parts = parts;
  }

  /** Nothing waits for any configured sink. */
  get drained(): boolean {
    return this.#life?.drained ?? false;
  }

  get queued(): number {
    return this.#life?.outbox.queued ?? 0;
  }

  get status(): GatewayStatus | undefined {
    return this.#life?.sent;
  }

  startWithin(ms: number): void {
    const start = ++this.#starts;
    this.#parts.clock.after(ms, () => {
      if (start !== this.#starts || this.#life !== undefined) return;
      this.#life = new Life(this.#parts, this.sinks);
      this.#life.start();
    });
  }

  async stop(): Promise<void> {
    this.#starts++;
    const life = this.#life;
    if (life === undefined) return;
    await life.stop();
    if (this.#life === life) this.#life = undefined;
  }

  kill(how: 'kill' | 'power-cut'): void {
    this.#starts++;
    this.#life?.kill(how);
    this.#life = undefined;
  }

  quarantine(): void {
    this.#life?.quarantine();
  }
}

/** From one start of the process to its end. */
class Life {
  readonly outbox: SimulatedOutbox;
  readonly #parts: GatewayParts;
  readonly #sinks: readonly SinkName[];
  #dispatcher: Dispatcher | undefined;
  #wanted = false;
  #counter = 0;
  #dead = false;
  #stopping = false;
  #sent: GatewayStatus | undefined;

  constructor(parts: GatewayParts, sinks: readonly SinkName[]) {
    this.#parts = parts;
    this.#sinks = sinks;
    const { disk, clock, newEpoch, mistake } = parts;
    this.outbox = new SimulatedOutbox({ disk, sinks, newEpoch, clock, limits, mistake });
  }

  /** the last status that was made */
  get sent(): GatewayStatus | undefined {
    return this.#sent;
  }

  get drained(): boolean {
    if (this.#dispatcher === undefined) return false;
    const reader = this.outbox.reader();
    return (
      !this.outbox.busy && this.outbox.queued === 0 && this.#sinks.every((sink) => reader.backlog(sink).length === 0)
    );
  }

  start(): void {
    const { truth, disk, clock } = this.#parts;
    truth.begins(disk.tables, this.#sinks, (sink, epoch, lane) => this.outbox.cursor(sink, epoch, lane));
    this.outbox.start().then(
      () => {
        if (!this.#dead && !this.#stopping) this.#run();
      },
      () => {
        clock.after(reopenMs, () => {
          if (!this.#dead && !this.#stopping) this.start();
        });
      },
    );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#parts.devices.disconnected();
    await this.#dispatcher?.stop();
    await this.outbox.stop();
    if (!this.#dead) this.#end('kill');
  }

  kill(how: 'kill' | 'power-cut'): void {
    this.#parts.devices.disconnected();
    void this.#dispatcher?.stop();
    this.#end(how);
  }

  quarantine(): void {
    const { truth, disk } = this.#parts;
    if (this.#dispatcher !== undefined) this.outbox.damage(() => truth.putAside(disk));
  }

  #end(how: 'kill' | 'power-cut'): void {
    const { truth, disk } = this.#parts;
    this.#dead = true;
    this.outbox.kill();
    truth.dies();
    disk.crash(how);
    truth.ended(disk.tables, this.#sinks, (sink, epoch, lane) => this.outbox.cursor(sink, epoch, lane));
  }

  #run(): void {
    const { clock, random, network, devices, truth, mistake } = this.#parts;
    const { outbox } = this;
    this.#dispatcher = new Dispatcher({
      sinks: this.#sinks.map((name) => {
        const sink = tellingSent(network.sinks[name], (batch, answer) => {
          if (this.#dead) return;
          const names = batch.records.map(({ sequence }) => nameOf({ ...batch, sequence }));
          if (answer === 'none yet') truth.sent(name, names);
          else truth.sure(name, names);
        });
        if (mistake !== 'cursor-before-safe') return { sink, backoff };
        const early = tellingSent(sink, ({ epoch, lane, records }, answer) => {
          if (answer === 'safe') return;
          const through = records.at(-1)?.sequence;
          if (through !== undefined) outbox.acknowledge(name, epoch, lane, through);
        });
        return { sink: early, backoff };
      }),
      identity,
      reader: outbox.reader(),
      inHand: outbox.inHand,
      canPutAside: true,
      clock,
      random: random.next,
      logger,
      post: (message) => this.#later(() => this.#hear(message)),
      wantCommits: () => {
        this.#wanted = true;
      },
      settings: uplinkSettings,
    });
    outbox.onCommit(() => {
      if (!this.#wanted) return;
      this.#wanted = false;
      this.#later(() => this.#dispatcher?.hear({ say: 'committed' }));
    });
    this.#dispatcher.start();
    devices.connected(outbox);
  }

  /** Between the threads. */
  #later(run: () => void): void {
    const { clock, random } = this.#parts;
    clock.after(random.int(0, 3), () => {
      if (!this.#dead) run();
    });
  }

  #hear(message: FromThread): void {
    switch (message.say) {
      case 'acknowledge':
        this.outbox.acknowledge(message.sink, message.epoch, message.lane, message.through);
        return;
      case 'wantStatus':
        this.#later(() => this.#dispatcher?.hear({ say: 'status', status: this.#status() }));
        return;
      case 'putAside':
        this.#putAside(message.id, message.refusal);
        return;
      case 'report':
        return;
    }
  }

  #putAside(id: number, refusal: Refusal): void {
    const { clock } = this.#parts;
    const stamp = { received: clock.now(), uptime: clock.uptime(), boot, clock: 'synced' } as const;
    const answer = (problem: string | null) =>
      this.#later(() => this.#dispatcher?.hear({ say: 'notedAside', id, problem }));
    this.outbox.append({ ...refusalEntry(refusal, identity.gateway, stamp), reserved: true }).then(
      () => {
        this.#parts.truth.sure(refusal.sink, [nameOf(refusal.event)]);
        answer(null);
      },
      (error: unknown) => answer(messageOf(error)),
    );
  }

  #status(): GatewayStatus {
    const { clock } = this.#parts;
    this.#sent = {
      ...identity,
      name: 'Home',
      version: '0',
      starts: this.outbox.status().starts,
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
