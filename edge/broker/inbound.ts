/**
 * The QoS 2 publishes of clients, each from its admission until its PUBREL (MQTT 3.1.1, section 4.3.3). A second PUBLISH with
 * the packet id of a known publish is a resend.
 *
 *   begin ──► under way ── committed ──► taken ── PUBREL ──► end
 *                └── refused ──► forgotten: the client may send it again
 *
 * Always: no client evicts publishes of another. `each` publishes of every client are kept, and as many as the protocol
 * allows (65,535) while all clients together have fewer than `all`. Beyond that the client's oldest is forgotten; its resend
 * would be a new publish. Clients reuse packet ids: an `end` that had to wait ends its own publish, never a later one with
 * the same id.
 */
export interface InboundLimits {
  readonly each: number;
  readonly all: number;
}

/** One publish. The object stays the same from its beginning to its end. */
export interface InboundPublish {
  /** resolved, or under way */
  readonly admission: Promise<void>;
}

/** A publish that was forgotten at the limit. */
export interface Forgotten extends InboundPublish {
  readonly messageId: number;
}

/** The admission of a committed publish. */
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

  /** The known publish with this packet id; undefined: there is none. */
  get(messageId: number): InboundPublish | undefined {
    return this.#ids.get(messageId);
  }

  /** Restores a publish that was committed before a restart. */
  recall(messageId: number): void {
    this.#set(messageId, { admission: taken });
  }

  /** Notes a publish whose admission is under way. @returns the publishes that are forgotten at the limit */
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

  /** Ends this publish, unless it has ended and its packet id may belong to another publish. */
  end(messageId: number, publish: InboundPublish): void {
    if (this.#ids.get(messageId) === publish) this.#delete(messageId);
  }

  clear(): void {
    this.#count.ids -= this.#ids.size;
    this.#ids.clear();
  }

  /** Calls `call` for each committed publish at once, and for each one under way after its commit. */
  forEachCommitted(call: (messageId: number) => void): void {
    for (const [messageId, publish] of this.#ids)
      if (publish.admission === taken) call(messageId);
      else
        publish.admission.then(
          () => {
            if (this.#ids.get(messageId) === publish) call(messageId);
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
