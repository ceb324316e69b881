/** The connections that have logged in, by their client and by their principal. */
import type { Connection } from './connection.ts';

export class ConnectedClients {
  readonly #byId = new Map<string, Connection>();
  readonly #byPrincipal = new Map<string, Set<Connection>>();

  get size(): number {
    return this.#byId.size;
  }

  get principals(): number {
    return this.#byPrincipal.size;
  }

  /** The connection of a client. @param id with its principal's name in front */
  get(id: string): Connection | undefined {
    return this.#byId.get(id);
  }

  of(principal: string): readonly Connection[] {
    return [...(this.#byPrincipal.get(principal) ?? [])];
  }

  all(): IterableIterator<Connection> {
    return this.#byId.values();
  }

  countOf(principal: string): number {
    return this.#byPrincipal.get(principal)?.size ?? 0;
  }

  /** Whether a connection of this principal has been announced as connected. */
  isAnnounced(principal: string): boolean {
    for (const { announced } of this.#byPrincipal.get(principal) ?? []) if (announced) return true;
    return false;
  }

  add(connection: Connection): void {
    this.#byId.set(connection.id, connection);
    const { id } = connection.principal;
    const others = this.#byPrincipal.get(id);
    if (others === undefined) this.#byPrincipal.set(id, new Set([connection]));
    else others.add(connection);
  }

  remove(connection: Connection): void {
    if (this.#byId.get(connection.id) === connection) this.#byId.delete(connection.id);
    const others = this.#byPrincipal.get(connection.principal.id);
    others?.delete(connection);
    if (others?.size === 0) this.#byPrincipal.delete(connection.principal.id);
  }
}
