/**
 * One authenticated connection: who it is, the order of its publishes, and what it is still allowed to do.
 *
 *   open ── a publish could not be committed ──► refusing (nothing more is read) ── a while ──► closed
 *     └── its socket closes ──► closed
 */
import type { Client } from 'aedes';
import type { Principal } from './access.ts';
import { type AdmissionLimits, AdmissionQueue } from './admission.ts';
import { pubacks } from './aedes-internals.ts';
import type { GuardedSocket } from './guarded-socket.ts';
import { framed } from './protocol/fields.ts';
import type { Subscribing } from './subscribing.ts';
import type { WriteWatch } from './write-watch.ts';

/** What becomes of a connection that does not read what it is sent. */
export interface UnreadOptions {
  /** in front of its socket: then it is disconnected */
  readonly maxBytes: number;
  readonly watch: WriteWatch;
}

/** Messages of which one connection remembers that it has got them, to tell a second matching subscription. */
const rememberedMessages = 64;

export class Connection {
  readonly principal: Principal;
  readonly client: Client;
  readonly guarded: GuardedSocket;
  readonly queue: AdmissionQueue;
  /** registered with aedes and told to whoever watches connections */
  announced = false;
  /** stands for its client in what is remembered of redeliveries */
  key: number | undefined;
  /** how many publishes of its client had been noted before its first one */
  noted: number | undefined;
  readonly #delivered = new Array<number>(rememberedMessages).fill(-1);
  #nextDelivered = 0;
  #toRead = 0;
  #asked = false;
  #acknowledged: number[] = [];
  #subscribing: Subscribing | undefined;
  readonly #unread: UnreadOptions;

  constructor(
    principal: Principal,
    client: Client,
    guarded: GuardedSocket,
    limits: AdmissionLimits,
    unread: UnreadOptions,
  ) {
    this.principal = principal;
    this.client = client;
    this.guarded = guarded;
    this.queue = new AdmissionQueue(limits);
    this.#unread = unread;
    guarded.mayRead = () => this.#mayRead();
  }

  #mayRead(): boolean {
    const { maxBytes, watch } = this.#unread;
    // whoever sends and reads none of the answers
    if (this.socket.writableLength > maxBytes) {
      watch.frozen();
      return false;
    }
    return this.queue.hasRoom && this.#subscribing?.hasRoom !== false;
  }

  get subscribing(): Subscribing | undefined {
    return this.#subscribing;
  }

  /** SUBSCRIBE and UNSUBSCRIBE go there. */
  subscribeWith(subscribing: Subscribing): void {
    this.#subscribing = subscribing;
    this.guarded.onFilters = (kind, bytes) => subscribing.take(kind, bytes);
  }

  get socket() {
    return this.guarded.socket;
  }

  /**
   * One more packet need not be finished before the next ones are read. Where too many publishes are pending it has
   * to wait for `resume` all the same.
   */
  readOn(): void {
    this.#toRead++;
    this.resume();
  }

  /** A publish is finished: there may be room again. */
  resume(): void {
    if (this.#asked || !this.queue.hasRoom || (this.#toRead === 0 && !this.guarded.starved)) return;
    this.#asked = true;
    setImmediate(() => {
      this.#asked = false;
      const times = Math.max(this.#toRead, 1);
      this.#toRead = 0;
      this.guarded.starved = false;
      for (let i = 0; i < times; i++) this.guarded.readOn();
    });
  }

  /** PUBACK for a publish that aedes does not go on with; those of one turn of the event loop leave together. */
  acknowledge(messageId: number): void {
    if (this.#acknowledged.push(messageId) === 1) process.nextTick(() => this.sendAcknowledgements());
  }

  /** To be called before aedes writes an acknowledgement of its own: they leave in order [MQTT-4.6.0-2]. */
  sendAcknowledgements(): void {
    if (this.#acknowledged.length === 0) return;
    this.#write(pubacks(this.#acknowledged));
    this.#acknowledged = [];
  }

  /** SUBACK or UNSUBACK: its first byte, the packet identifier and the return codes. */
  answer(first: number, ...body: readonly Uint8Array[]): void {
    this.#write(framed(first, body));
  }

  #write(packets: Buffer): void {
    if (this.client.closed || this.socket.destroyed) return;
    if (!this.socket.write(packets)) this.#unread.watch.full();
  }

  /** Notes that this message goes out; false where it has, through another subscription of the same client. */
  delivers(counter: number): boolean {
    if (this.#delivered.includes(counter)) return false;
    this.#delivered[this.#nextDelivered] = counter;
    this.#nextDelivered = (this.#nextDelivered + 1) % rememberedMessages;
    return true;
  }
}
