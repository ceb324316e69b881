/** The limits of the broker, with the behaviour at each, and their defaults. */

import { defaultLobbyLimits, type LobbyLimits } from './lobby.ts';
import { defaultSessionLimits, type SessionLimits } from './session.ts';
import type { MqttSettings } from './settings.ts';
import { defaultFilterLimits, type FilterLimits } from './subscribing.ts';

export interface BrokerLimits extends LobbyLimits, FilterLimits, SessionLimits {
  /** logged in; connections before log-in have limits of their own (lobby.ts) */
  readonly maxConnections: number;
  readonly maxConnectionsEach: number;
  /** publishes of one connection between being read and being delivered on: then reading stops */
  readonly maxPending: number;
  readonly maxPendingBytes: number;
  /** bytes that wait in front of one subscriber's socket: then it is disconnected */
  readonly maxUnsentBytes: number;
  /** how long a subscriber may not read at all: then it is disconnected */
  readonly drainTimeoutMs: number;
  /** from a publish that could not be committed to the end of its connection */
  readonly refusalDelayMs: number;
  /** how long a CONNACK may wait for a disk that hangs: less than the 4 s after which the hastiest clients give up */
  readonly connackWaitMs: number;
  /** how long `stop` waits for commits whose senders wait for them */
  readonly stopGraceMs: number;
  /** how often the sessions of absent clients grow older */
  readonly sessionAgingMs: number;
}

export const defaultBrokerLimits: BrokerLimits = {
  ...defaultLobbyLimits,
  ...defaultFilterLimits,
  ...defaultSessionLimits,
  maxConnections: 6000,
  maxConnectionsEach: 16,
  maxPending: 1000,
  maxPendingBytes: 4 * 2 ** 20,
  maxUnsentBytes: 4 * 2 ** 20,
  drainTimeoutMs: 5000,
  refusalDelayMs: 1000,
  connackWaitMs: 2000,
  stopGraceMs: 2000,
  sessionAgingMs: 3_600_000,
};

export const defaultMaxPacketBytes = 256 * 1024;
/** A bridge describes all its devices in one message: Zigbee2MQTT some 5 to 10 KB of each. */
export const defaultMaxConsumerPacketBytes = 2 * 2 ** 20;

/** Bytes of one packet before the log-in, and from devices. */
export function maxPacketBytesOf(mqtt: MqttSettings): number {
  return mqtt.max_packet_bytes ?? defaultMaxPacketBytes;
}

/** Bytes of one packet from consumers. */
export function maxConsumerPacketBytesOf(mqtt: MqttSettings): number {
  return Math.max(mqtt.max_packet_bytes_of_consumers ?? defaultMaxConsumerPacketBytes, maxPacketBytesOf(mqtt));
}
