/**
 * The QoS 2 publishes of clients, each from its admission until its PUBREL (MQTT 3.1.1, section 4.3.3): another publish under
 * such a packet id is the same publish.
 *
 *   begin ──► under way ── committed ──► taken ── PUBREL ──► end
 *                └── refused ──► forgotten: the client may send it again
 *
 * Always: no client can drive out another one's publishes: `each` of every client are kept, and all that the protocol allows
 * (65,535) while all clients together hold fewer than `all`. Beyond that a client's oldest is forgotten, and would be a new
 * publish if it came again. Packet ids are used again: an `end` after a wait ends its own publish, and never a later one under the
 * same id.
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

/** A publish that was forgotten at the bound. */
export interface Forgotten extends InboundPublish {
  readonly messageId: number;
}

/** The admission of a publish that is taken. */
const taken = Promise.resolve();

/** The number of publishes of all clients. */
export class InboundCount {
  readonly limits: InboundLimits;
  ids = 0;

  constructor(limits: InboundLimits) {
    this.limits = limits;
  }
}

/** The publishes of one client. */
export class Inbound {
  readonly #count: InboundCount;
  readonly #ids = new Map<number, { admission: Promise<void> }>();

  constructor(count: InboundCount) {
    this.#count = count;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** The publish under this packet id; undefined: none is known. */
  get(messageId: number): InboundPublish | undefined {
    return this.#ids.get(messageId);
  }

  /** Restores a publish that was taken before a restart. */
  recall(messageId: number): void {
    this.#set(messageId, { admission: taken });
  }

  /** Notes a publish that is being admitted. @returns the publishes that are forgotten at the bound */
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

  /** Ends this publish, unless it has ended: then the id may belong to another one. */
  end(messageId: number, publish: InboundPublish): void {
    if (this.#ids.get(messageId) === publish) this.#delete(messageId);
  }

  clear(): void {
    this.#count.ids -= this.#ids.size;
    this.#ids.clear();
  }

  /** Calls `tell` for each taken publish at once, and for each one under way when it is committed. */
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
