/**
 * The interface of the pairing window: `broker/` asks what becomes of a client whose log-in is wrong, and `devices/pairing/`
 * implements it.
 */
import type { ProtocolVersion } from './protocol/connect.ts';

/** A client whose log-in is wrong, as its CONNECT and its connection show it. */
export interface Knock {
  /** empty: none */
  readonly clientId: string;
  readonly user: string | undefined;
  readonly password: Uint8Array | undefined;
  readonly address: string;
  readonly version: ProtocolVersion;
  readonly isEncrypted: boolean;
  /** the device, bridge or consumer whose user name it gives; null: the site knows no such user */
  readonly principal: string | null;
  readonly will: { readonly topic: string; readonly payload: Uint8Array } | undefined;
}

/** What a client in quarantine publishes. The payload is valid during the call only. */
export interface KnockerPublish {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** The connection of a client in quarantine. */
export interface QuarantinedClient {
  /** Sends it one message of QoS 0, if it has subscribed to the topic. false: it has not, or has gone. */
  send(topic: string, payload: string): boolean;
  /** Closes the connection: the client comes back by itself. */
  end(): void;
}

/** Receives the events of a client in quarantine. */
export interface KnockerEvents {
  published(publish: KnockerPublish): void;
  /** it has subscribed to a filter: `send` may reach it now */
  subscribed(): void;
  /** the connection has closed, whatever closed it */
  closed(): void;
}

/** Decides about a client whose log-in is wrong. undefined: the broker refuses it, as while the window is closed. */
export type OnKnock = (knock: Knock) => ((client: QuarantinedClient) => KnockerEvents) | undefined;
