/**
 * The subscriptions of persistent sessions, in memory and on disk.
 *
 *   SUBSCRIBE ──► save (changes for the disk) ──► saved (the disk has them) ──► apply (in force) ──► SUBACK
 *                                                   └── refused: the subscription that is still in force is saved
 *
 * Always: a subscription is on disk before its SUBACK, and so is its end before UNSUBACK.
 */
import type { MqttStateStore, StateChange, SubscriptionOptions } from '../mqtt-state/mqtt-state.ts';
import type { FilterIndex } from './filter-index.ts';
import type { LiveSubscriber, Session } from './session.ts';
import { isSame, type Subscription } from './subscription.ts';

export class SavedSubscriptions {
  readonly #storage: MqttStateStore;
  readonly #index: FilterIndex<LiveSubscriber>;

  constructor(storage: MqttStateStore, index: FilterIndex<LiveSubscriber>) {
    this.#storage = storage;
    this.#index = index;
  }

  /** Saves subscriptions. Returns the filters whose subscription is new to the disk. */
  save(session: Session, subscriptions: readonly Subscription[]): readonly string[] {
    const changed: string[] = [];
    for (const subscription of subscriptions) {
      const { topic } = subscription;
      if (isSame(session.subscriptions.get(topic), subscription)) continue;
      changed.push(topic);
      this.#storage.save(subscribedChange(session.number, subscription));
    }
    return changed;
  }

  /** Resolves once the disk has the `changed` filters. @throws the outbox's error: then they are not in force */
  async saved(session: Session, changed: readonly string[]): Promise<void> {
    try {
      // A disk that was full at the start must not keep subscribers from alerts: once readable, it gets all changes.
      if (changed.length > 0 && this.#storage.isRead()) await this.#storage.saved();
    } catch (error) {
      if (!session.isEnded) for (const filter of changed) this.#saveHeld(session, filter);
      throw error;
    }
  }

  /** Brings subscriptions into force. */
  apply(session: Session, subscriptions: readonly Subscription[]): void {
    if (session.isEnded) return;
    for (const subscription of subscriptions) this.#index.add(session, subscription);
  }

  /** Ends a subscription and saves its end. false: there was none. */
  drop(session: Session, filter: string): boolean {
    if (session.isEnded || !this.#index.remove(session, filter)) return false;
    this.#storage.save({ kind: 'unsubscribed', session: session.number, filter });
    return true;
  }

  /** Resolves once the disk knows all dropped subscriptions. @throws the outbox's error */
  dropped(): Promise<void> {
    return this.#storage.saved();
  }

  #saveHeld(session: Session, filter: string): void {
    const held = session.subscriptions.get(filter);
    if (held === undefined) this.#storage.save({ kind: 'unsubscribed', session: session.number, filter });
    else this.#storage.save(subscribedChange(session.number, held));
  }
}

export function subscribedChange(session: number, subscription: Subscription): StateChange {
  const { topic, qos, noLocal, retainAsPublished, id } = subscription;
  const change = { kind: 'subscribed' as const, session, filter: topic, qos };
  if (noLocal !== true && retainAsPublished !== true && id === undefined) return change;
  return {
    ...change,
    options: { noLocal: noLocal === true, retainAsPublished: retainAsPublished === true, id: id ?? null },
  };
}

export function optionsOf(options: SubscriptionOptions | null | undefined) {
  if (options == null) return undefined;
  const { noLocal, retainAsPublished, id } = options;
  return { noLocal, retainAsPublished, id: id ?? undefined };
}
