/**
 * The QoS 2 publishes of all clients between PUBREC and PUBREL, in memory (inbound.ts) and, for persistent sessions,
 * on disk.
 *
 * Always: a known publish is not admitted a second time. The packet id is on disk before PUBREC, and its release is on
 * disk before PUBCOMP. PUBREL ends the publish with its packet id, and never a later publish with the same id.
 */
import type { MqttStateStore, StateChange } from '../mqtt-state/mqtt-state.ts';
import { type Forgotten, Inbound, type InboundCount } from './inbound.ts';
import type { ClientRef, Session } from './session.ts';

export interface InboundParts {
  readonly storage: MqttStateStore;
  readonly count: InboundCount;
  /** the client's session; undefined: it has none */
  readonly find: (clientId: string) => Session | undefined;
  /** the client's session; a new one if it has none */
  readonly findOrBegin: (clientId: string) => Session;
}

export class InboundPublishes {
  readonly #parts: InboundParts;
  /** of clients whose session ends with their connection */
  readonly #clean = new Map<string, Inbound>();

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  /** clients without a persistent session that have a publish under way */
  get cleanClients(): number {
    return this.#clean.size;
  }

  /** The admission of this publish; undefined: it is a new one. */
  admissionOf(client: ClientRef, messageId: number): Promise<void> | undefined {
    return this.#of(client)?.get(messageId)?.admission;
  }

  /** The change by which a restart knows a publish that begins; undefined for a client without a persistent session. */
  receivedChange(client: ClientRef, messageId: number): StateChange | undefined {
    if (!client.stays) return undefined;
    return { kind: 'received', session: this.#parts.findOrBegin(client.id).number, messageId };
  }

  /** Notes a publish that is being admitted, and forgets it if the admission fails. */
  begin(client: ClientRef, messageId: number, admission: Promise<void>): void {
    let known = this.#of(client);
    if (known === undefined) {
      known = new Inbound(this.#parts.count);
      this.#clean.set(client.id, known);
    }
    for (const forgotten of known.begin(messageId, admission)) this.#saveForgotten(client, forgotten);
  }

  /**
   * PUBREL: frees the packet id once the disk knows it. Else a restart would take the next message under this id for
   * this one [MQTT-4.3.3-2]. PUBREL may come twice, and a new publish may use the id before the second one is handled.
   * false: no publish is known under it. @throws the outbox's error: then PUBCOMP must not be sent
   */
  async end(client: ClientRef, messageId: number): Promise<boolean> {
    const { storage } = this.#parts;
    // an unread disk may hold this packet id: its end is not confirmed
    if (client.stays && !storage.isRead()) throw new Error('the disk could not be read yet');
    const known = this.#of(client);
    const publish = known?.get(messageId);
    if (known === undefined || publish === undefined) return false;
    await publish.admission.catch(() => undefined);
    if (known.get(messageId) !== publish) return true;
    if (client.stays) {
      this.#saveReleased(client, messageId);
      await storage.saved();
    }
    known.end(messageId, publish);
    if (!client.stays && known.size === 0) this.#clean.delete(client.id);
    return true;
  }

  /** Forgets the state of a session that ends with its connection; a persistent session keeps its own [MQTT-3.1.2-6]. */
  forget(client: ClientRef): void {
    if (client.stays) return;
    this.#clean.get(client.id)?.clear();
    this.#clean.delete(client.id);
  }

  #of(client: ClientRef): Inbound | undefined {
    return client.stays ? this.#parts.findOrBegin(client.id).inbound : this.#clean.get(client.id);
  }

  /**
   * A publish was forgotten at the bound. While its commit runs, the commit may still write its packet id: the id is
   * released after that, or with the next publish that uses it.
   */
  #saveForgotten(client: ClientRef, { messageId, admission }: Forgotten): void {
    const release = () => {
      const next = this.#parts.find(client.id)?.inbound.get(messageId);
      if (next === undefined) this.#saveReleased(client, messageId);
      else next.admission.catch(release);
    };
    if (client.stays) admission.then(release, () => undefined);
  }

  #saveReleased(client: ClientRef, messageId: number): void {
    const session = client.stays ? this.#parts.find(client.id) : undefined;
    if (session !== undefined) this.#parts.storage.save({ kind: 'released', session: session.number, messageId });
  }
}
