/**
 * The QoS 2 publishes that were taken of clients, each from its admission until its PUBREL (MQTT 3.1.1, section
 * 4.3.3): what comes again under such a packet id is the same publish.
 *
 *   begin ──► under way ── committed ──► taken ── PUBREL ──► end
 *                └── refused ──► forgotten: the client may send it again
 *
 * Always: what one client has under way is not another's to drive out: `each` of them are kept of every client, and all
 * that the protocol lets it have (65,535) while all clients together hold fewer than `all`. Beyond that a client's oldest
 * is forgotten, and sent once more it would be taken for a new one. A packet id is used again and again: who ends a
 * publish after a wait ends that one, and never a later one under its id.
 */
export interface InboundLimits {
  readonly each: number;
  readonly all: number;
}

/** One publish, from its beginning to its end the same object. */
export interface InboundPublish {
  /** ended or under way */
  readonly admission: Promise<void>;
}

/** A publish that the bound has forgotten. */
export interface Forgotten extends InboundPublish {
  readonly messageId: number;
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
  readonly #ids = new Map<number, { admission: Promise<void> }>();

  constructor(count: InboundCount) {
    this.#count = count;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** The publish under this packet id; undefined where it is none that is known. */
  get(messageId: number): InboundPublish | undefined {
    return this.#ids.get(messageId);
  }

  /** It was taken before a restart. */
  recall(messageId: number): void {
    this.#set(messageId, { admission: taken });
  }

  /** Notes a publish that is being admitted. Returns those that are forgotten for it. */
  begin(messageId: number, admission: Promise<void>): readonly Forgotten[] {
    const publish = { admission };
    this.#set(messageId, publish);
    admission.then(
      () => {
        publish.admission = taken;
      },
      () => this.end(messageId, publish),
    );
    const { limits } = this.#count;
    const forgotten: Forgotten[] = [];
    for (const [oldest, { admission }] of this.#ids) {
      if (this.#ids.size <= limits.each || this.#count.ids <= limits.all) break;
      this.#delete(oldest);
      forgotten.push({ messageId: oldest, admission });
    }
    return forgotten;
  }

  /** Ends this publish, unless that was done before: then the id may be another's. */
  end(messageId: number, publish: InboundPublish): void {
    if (this.#ids.get(messageId) === publish) this.#delete(messageId);
  }

  clear(): void {
    this.#count.ids -= this.#ids.size;
    this.#ids.clear();
  }

  /** Calls `tell` for each that is taken: at once, or when what is under way has been committed. */
  tellTaken(tell: (messageId: number) => void): void {
    for (const [messageId, publish] of this.#ids)
      if (publish.admission === taken) tell(messageId);
      else
        publish.admission.then(
          () => {
            if (this.#ids.get(messageId) === publish) tell(messageId);
          },
          () => undefined,
        );
  }

  #set(messageId: number, publish: { admission: Promise<void> }): void {
    if (!this.#ids.has(messageId)) this.#count.ids++;
    this.#ids.set(messageId, publish);
  }

  #delete(messageId: number): void {
    if (this.#ids.delete(messageId)) this.#count.ids--;
  }
}
