/**
 * The commands that the centre knows of, in memory: those of the last two days, from the log (log.ts), and what the
 * gateways said became of them. Pure.
 *
 *   issued here ──► known ── the log has it ──► placed (handed out to long polls until it expires) ── result ──► settled
 *
 * Always: the order in which commands are handed out is the log's, so that every centre of one Kafka hands out the
 * same; the same command twice is one; what is kept is bounded, beyond it the oldest goes.
 */
import { type Command, peekCommand } from '@forpost/shared/event/command.ts';

export interface CommandOutcomeAt {
  readonly outcome: string;
  readonly message: string;
  /** by the gateway's clock, RFC 3339 */
  readonly time: string;
}

export interface KnownCommand {
  readonly command: Command;
  /** id of the key that signed it, by its own word */
  readonly key: string;
  readonly envelope: string;
  readonly result: CommandOutcomeAt | undefined;
}

interface Entry {
  readonly command: Command;
  readonly key: string;
  readonly envelope: string;
  result: CommandOutcomeAt | undefined;
  /** undefined: only issued so far */
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

  /** Takes a command in. `placed`: it stands in the log. undefined where it is none that a gateway could read. */
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

  /** undefined where no such command of this gateway is known, or its result was known before */
  settle(gateway: string, id: string, result: CommandOutcomeAt): KnownCommand | undefined {
    const entry = this.#byId.get(id);
    if (entry === undefined || entry.command.gateway !== gateway || entry.result !== undefined) return undefined;
    entry.result = result;
    return entry;
  }

  /** Those that hold now, in the log's order, behind the one called `after`; from the first where nobody knows that. */
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

  /** How many were issued to a gateway since then (ms since 1970). */
  issuedSince(gateway: string, since: number): number {
    let count = 0;
    for (const { command } of this.#byGateway.get(gateway) ?? []) if (Date.parse(command.issued) >= since) count++;
    return count;
  }

  /** All that are kept, in the order in which they came. */
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
