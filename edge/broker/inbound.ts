/**
 * The QoS 2 publishes that were taken of clients, each from its admission until its PUBREL (MQTT 3.1.1, section
 * 4.3.3): what comes again under such a packet id is the same publish.
 *
 *   begin ──► under way ── committed ──► taken ── PUBREL ──► end
 *                └── refused ──► forgotten: the client may send it again
 *
 * Always: what one client has under way is not another's to drive out: `each` of them are kept of every client, and all
 * that the protocol lets it have (65,535) while all clients together hold fewer than `all`. Beyond that a client's oldest
 * is forgotten, and sent once more it would be taken for a new one.
 */
export interface InboundLimits {
  readonly each: number;
  readonly all: number;
}

/** Stands for an admission that has ended well. */
const taken = Promise.resolve();

/** Those of all clients, counted. */
export class InboundCount {
  readonly limits: InboundLimits;
  ids = 0;

  constructor(limits: InboundLimits) {
    this.limits = limits;
  }
}

/** Those of one client. */
export class Inbound {
  readonly #count: InboundCount;
  readonly #ids = new Map<number, Promise<void>>();

  constructor(count: InboundCount) {
    this.#count = count;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** The admission of this publish, ended or under way; undefined where it is none that is known. */
  get(messageId: number): Promise<void> | undefined {
    return this.#ids.get(messageId);
  }

  /** It was taken before a restart. */
  recall(messageId: number): void {
    this.#set(messageId, taken);
  }

  /** Notes a publish that is being admitted. Returns those that are forgotten for it. */
  begin(messageId: number, admission: Promise<void>): readonly number[] {
    this.#set(messageId, admission);
    admission.then(
      () => {
        if (this.#ids.get(messageId) === admission) this.#ids.set(messageId, taken);
      },
      () => {
        if (this.#ids.get(messageId) === admission) this.end(messageId);
      },
    );
    const { limits } = this.#count;
    const forgotten: number[] = [];
    for (const oldest of this.#ids.keys()) {
      if (this.#ids.size <= limits.each || this.#count.ids <= limits.all) break;
      this.end(oldest);
      forgotten.push(oldest);
    }
    return forgotten;
  }

  end(messageId: number): void {
    if (this.#ids.delete(messageId)) this.#count.ids--;
  }

  clear(): void {
    this.#count.ids -= this.#ids.size;
    this.#ids.clear();
  }

  /** Calls `tell` for each that is taken: at once, or when what is under way has been committed. */
  tellTaken(tell: (messageId: number) => void): void {
    for (const [messageId, admission] of this.#ids)
      if (admission === taken) tell(messageId);
      else
        admission.then(
          () => {
            if (this.#ids.has(messageId)) tell(messageId);
          },
          () => undefined,
        );
  }

  #set(messageId: number, admission: Promise<void>): void {
    if (!this.#ids.has(messageId)) this.#count.ids++;
    this.#ids.set(messageId, admission);
  }
}
