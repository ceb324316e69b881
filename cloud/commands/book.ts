/**
 * The commands of the last two days in memory, from the log (log.ts), with the results that gateways reported. Pure.
 *
 *   issued here ──► known ── the log has it ──► placed (handed out to long polls until it expires) ── result ──► settled
 *
 * Always: commands are handed out in the order of the log, so every centre of one Kafka hands out the same. A command that
 * comes twice is one command. The book is bounded; beyond the bound the oldest command goes.
 */
import { type Command, peekCommand } from '@forpost/shared/event/command.ts';
import type { Message } from '@forpost/shared/texts/message.ts';

export interface CommandOutcomeAt {
  readonly outcome: string;
  readonly message: string;
  readonly message_i18n?: Message;
  /** by the gateway's clock, RFC 3339 */
  readonly time: string;
}

export interface KnownCommand {
  readonly command: Command;
  /** id of the key that signed it, as the command names it */
  readonly key: string;
  readonly envelope: string;
  readonly result: CommandOutcomeAt | undefined;
}

interface Entry {
  readonly command: Command;
  readonly key: string;
  readonly envelope: string;
  result: CommandOutcomeAt | undefined;
  /** place in the log; undefined: only issued so far */
  place: number | undefined;
}

export const keptMs = 2 * 86_400_000;
const mostKept = 100_000;

export class CommandBook {
  readonly #byId = new Map<string, Entry>();
  readonly #byGateway = new Map<string, Set<Entry>>();
  #places = 0;

  get size(): number {
    return this.#byId.size;
  }

  /** Adds a command. `placed`: it stands in the log. Undefined where no gateway could read it. */
  add(envelope: string, placed: boolean, now: number): KnownCommand | undefined {
    const peeked = peekCommand(envelope);
    if (!peeked.ok || Date.parse(peeked.command.issued) < now - keptMs) return undefined;
    const { command, key } = peeked;
    let entry = this.#byId.get(command.id);
    if (entry === undefined) {
      entry = { command, key, envelope, result: undefined, place: undefined };
      this.#byId.set(command.id, entry);
      const others = this.#byGateway.get(command.gateway);
      if (others === undefined) this.#byGateway.set(command.gateway, new Set([entry]));
      else others.add(entry);
      this.#forget(now);
    }
    if (placed) entry.place ??= this.#places++;
    return entry;
  }

  /** Notes a result. Undefined where the gateway has no such command, or its result was known before. */
  settle(gateway: string, id: string, result: CommandOutcomeAt): KnownCommand | undefined {
    const entry = this.#byId.get(id);
    if (entry === undefined || entry.command.gateway !== gateway || entry.result !== undefined) return undefined;
    entry.result = result;
    return entry;
  }

  /** The valid commands behind the one called `after`, in the order of the log; all of them where `after` is not known. */
  unexpired(gateway: string, after: string, now: number, limit: number): readonly KnownCommand[] {
    const placed = [...(this.#byGateway.get(gateway) ?? [])]
      .filter(({ place }) => place !== undefined)
      .sort((a, b) => (a.place ?? 0) - (b.place ?? 0));
    const from = placed.findIndex(({ command }) => command.id === after) + 1;
    return placed
      .slice(from)
      .filter(({ command }) => Date.parse(command.expires) >= now)
      .slice(0, limit);
  }

  /** Newest first. */
  recent(gateway: string, limit: number): readonly KnownCommand[] {
    return [...(this.#byGateway.get(gateway) ?? [])]
      .sort((a, b) => Date.parse(b.command.issued) - Date.parse(a.command.issued))
      .slice(0, limit);
  }

  /** How many commands were issued to a gateway since `since` (ms since 1970). */
  issuedSince(gateway: string, since: number): number {
    let count = 0;
    for (const { command } of this.#byGateway.get(gateway) ?? []) if (Date.parse(command.issued) >= since) count++;
    return count;
  }

  /** All commands, in the order in which they came. */
  all(): readonly KnownCommand[] {
    return [...this.#byId.values()];
  }

  #forget(now: number): void {
    for (const entry of this.#byId.values()) {
      if (this.#byId.size <= mostKept && Date.parse(entry.command.issued) >= now - keptMs) return;
      this.#byId.delete(entry.command.id);
      const others = this.#byGateway.get(entry.command.gateway);
      others?.delete(entry);
      if (others?.size === 0) this.#byGateway.delete(entry.command.gateway);
    }
  }
}
