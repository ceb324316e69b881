/** One run of one case against one broker: the connections of its clients, and what its steps need. */
import { Connection } from './connection.ts';
import type { Packet, Properties } from './packets.ts';
import { connectPacket, type Version } from './wire.ts';

/** A broker to judge: its address, a log-in, and topics that this user may not use. */
export interface Target {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** in front of every topic of a case, without a slash at its end; empty where everything is allowed */
  readonly prefix: string;
  /** a topic that this user may not publish to */
  readonly forbidden?: string | undefined;
  /** a topic that this user may not subscribe to; mosquitto grants every subscription, and filters what it delivers */
  readonly forbiddenFilter?: string | undefined;
  /** how long to wait for a packet that must come; a correct broker is much faster */
  readonly waitMs: number;
  /** how many cases run at the same time */
  readonly atOnce: number;
}

export class CaseFailure extends Error {}

export class Session {
  readonly target: Target;
  readonly version: Version;
  /** what CONNACK of 5.0 announced, once for the whole run */
  readonly announced: Properties;
  /** client ids whose sessions may outlive their connections */
  readonly staying = new Set<string>();
  readonly #name: string;
  readonly #connections = new Map<string, Connection>();
  /** the last PUBLISH that each connection got */
  readonly lastPublish = new Map<string, Packet>();

  constructor(target: Target, version: Version, announced: Properties, name: string) {
    this.target = target;
    this.version = version;
    this.announced = announced;
    this.#name = name;
  }

  clientId(client: string): string {
    return `${this.#name}${client}`;
  }

  async open(client: string): Promise<Connection> {
    this.#connections.get(client)?.cut();
    const { host, port } = this.target;
    const connection = await Connection.open(host, port, this.version);
    this.#connections.set(client, connection);
    return connection;
  }

  of(client: string): Connection {
    const connection = this.#connections.get(client);
    if (connection === undefined) throw new CaseFailure(`the case never connected ${client}`);
    return connection;
  }

  /** Ends the sessions on the broker: one user may have only a few there. */
  async close(): Promise<void> {
    for (const connection of this.#connections.values()) connection.cut();
    const { host, port, user, password, waitMs } = this.target;
    for (const clientId of this.staying) {
      const connection = await Connection.open(host, port, this.version);
      connection.write(connectPacket(this.version, { clientId, user, password, clean: true }));
      await connection.next(waitMs);
      connection.cut();
    }
  }
}

export function show(packet: Packet | undefined): string {
  if (packet === undefined) return 'nothing';
  const { name, bytes: _bytes, props, payload, ...rest } = packet;
  const shown = payload === undefined ? {} : { payload: payload.slice(0, 40) };
  const own = Object.keys(props).length === 0 ? {} : { props };
  return `${name.toUpperCase()} ${JSON.stringify({ ...rest, ...shown, ...own })}`;
}
