/**
 * The real outbox (edge/outbox/sqlite: commit queue, writer, store, space, shedding, salvage) on the simulated disk.
 * Instead of its thread there is its writer, whose steps wait for the disk and whose messages arrive later or never.
 *
 *   message ──► queued ── the disk is free ──► pending at the disk ──► answered ── the file is damaged, or stop ──► exit
 *
 * Always: after `cut` it sends and does nothing more.
 */
import { EventEmitter } from 'node:events';
import type { Clock } from '@forpost/shared/clock.ts';
import { InHand } from '../../../edge/outbox/in-hand.ts';
import type { WriterThread } from '../../../edge/outbox/sqlite/main/outbox-options.ts';
import type { FileState, FromWriter, ToWriter, WriterData } from '../../../edge/outbox/sqlite/messages.ts';
import { FileWriter } from '../../../edge/outbox/sqlite/writer/file-writer.ts';
import type { SimulatedDisk } from './disk.ts';
import type { Mistake } from './mistakes.ts';

export class SimulatedThread extends EventEmitter implements WriterThread {
  readonly #disk: SimulatedDisk;
  readonly #writer: FileWriter;
  readonly #mistake: Mistake | undefined;
  readonly #sinks: readonly string[];
  readonly #messages: ToWriter[] = [];
  #state: FileState | undefined;
  #working = false;
  #ended = false;
  #cut = false;

  constructor(given: WriterData, disk: SimulatedDisk, clock: Clock, mistake?: Mistake) {
    super();
    this.#disk = disk;
    this.#mistake = mistake;
    this.#sinks = given.sinks;
    disk.sinks = given.sinks;
    const data = mistake === 'shed-in-flight' ? { ...given, inHand: InHand.for(given.sinks.length).buffer } : given;
    this.#writer = new FileWriter(data, disk, clock, (message) => this.#emit(message));
    this.#work(() => this.#open());
  }

  postMessage(message: ToWriter): void {
    if (this.#cut || this.#ended) return;
    if (message.kind === 'commit') {
      if (this.#mistake === 'delete-before-cursor') this.#deleteEarly(message);
      if (this.#mistake === 'acknowledge-before-commit') this.#acknowledgeEarly(message);
    }
    this.#messages.push(message);
    this.#next();
  }

  /** Ends it as a dead process. */
  cut(): void {
    this.#cut = true;
    this.removeAllListeners();
  }

  #open(): boolean {
    const mistake = this.#mistake;
    // the reader starts when the outbox is ready
    const opened = this.#writer.open();
    if (!opened) return false;
    if (mistake === 'cursor-without-epoch')
      this.#disk.tamper(`
update cursors set acked = (select max(acked) from cursors c where c.sink = cursors.sink and c.lane = cursors.lane)`);
    if (mistake === 'resend-ids-in-memory') this.#disk.tamper('delete from recent');
    return true;
  }

  #next(): void {
    const message = this.#working ? undefined : this.#messages.shift();
    if (message !== undefined) this.#work(() => this.#writer.handle(message));
  }

  /** `run`: returns false when it was the last step */
  #work(run: () => boolean): void {
    this.#working = true;
    this.#disk.work(() => {
      const goesOn = run();
      if (this.#cut) return;
      this.#working = false;
      this.#ended = !goesOn;
      if (goesOn) this.#next();
      else this.emit('exit', 0);
    });
  }

  #emit(message: FromWriter): void {
    if (this.#cut) return;
    if (message.kind === 'ready') this.#state = message.state;
    const isToldAlready = message.kind === 'committed' || message.kind === 'commit-failed';
    if (this.#mistake === 'acknowledge-before-commit' && isToldAlready) return;
    this.emit('message', message);
  }

  #acknowledgeEarly({ batch }: Extract<ToWriter, { kind: 'commit' }>): void {
    const state = this.#state;
    if (state === undefined) return;
    const stored = batch.counts.reduce((sum, count) => sum + count, 0);
    const outcome = { stored, repeated: [], reused: [], refused: [], syncMs: 0, state };
    queueMicrotask(() => this.emit('message', { kind: 'committed', outcome, ms: 0 } satisfies FromWriter));
  }

  #deleteEarly({ batch }: Extract<ToWriter, { kind: 'commit' }>): void {
    for (const { epoch, lane } of batch.acknowledgements) {
      const passed = this.#sinks.map((sink) => {
        const own = batch.acknowledgements.filter(
          (one) => one.sink === sink && one.epoch === epoch && one.lane === lane,
        );
        return Math.max(this.#disk.cursor(sink, epoch, lane), ...own.map(({ through }) => through));
      });
      const through = Math.min(...passed);
      this.#disk.tamper('delete from events where epoch = ? and lane = ? and seq <= ?', epoch, lane, through);
    }
  }
}
