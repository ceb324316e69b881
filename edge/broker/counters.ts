import type { LobbyCounters } from './lobby.ts';

/** The broker's counters. They grow from the start, except those marked «now». */
export interface BrokerCounters {
  /** now */
  readonly connections: number;
  readonly connectionsTotal: number;
  readonly failedLogins: number;
  /** connections closed without CONNACK because there was no time to check their password */
  readonly busyLogins: number;
  /** connections before log-in */
  readonly lobby: LobbyCounters;
  /** publishes of devices to topics that they may publish to */
  readonly publishes: number;
  readonly acknowledged: number;
  /** publishes without acknowledgement, because they could not be committed */
  readonly refused: number;
  /** publishes and subscriptions to topics of others */
  readonly forbidden: number;
  readonly oversized: number;
  /** packets that broke the protocol: each ended its connection */
  readonly malformed: number;
  /** connections that ended by an unhandled error: each is a defect of the gateway */
  readonly failedConnections: number;
  /** clients that were disconnected because they sent nothing for 1.5 times their keep-alive */
  readonly silent: number;
  /** messages larger than their subscriber accepts (MQTT 5, Maximum Packet Size) */
  readonly tooLarge: number;
  /** subscribers that were disconnected because too much waited for them */
  readonly frozen: number;
  /** messages dropped from full queues of absent subscribers, retained messages and sessions beyond the limits */
  readonly dropped: number;
  /** redelivered publishes of QoS 1 and 2, which were only acknowledged */
  readonly redelivered: number;
  /** persistent sessions, messages queued for them, and retained messages: now */
  readonly sessions: number;
  readonly queued: number;
  readonly retained: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export class Counters {
  connectionsTotal = 0;
  failedLogins = 0;
  busyLogins = 0;
  publishes = 0;
  acknowledged = 0;
  refused = 0;
  forbidden = 0;
  oversized = 0;
  malformed = 0;
  failedConnections = 0;
  frozen = 0;
  silent = 0;
  redelivered = 0;
  bytesIn = 0;
  bytesOut = 0;
  readonly #dropped = { queued: 0, retained: 0, session: 0, tooLarge: 0 };

  dropped(what: 'queued' | 'retained' | 'session' | 'tooLarge'): void {
    this.#dropped[what]++;
  }

  snapshot(now: Pick<BrokerCounters, 'connections' | 'lobby' | 'sessions' | 'queued' | 'retained'>): BrokerCounters {
    const dropped = this.#dropped.queued + this.#dropped.retained + this.#dropped.session;
    const { connectionsTotal, failedLogins, publishes, acknowledged, refused, forbidden, oversized, frozen } = this;
    const { silent } = this;
    const { tooLarge } = this.#dropped;
    const { bytesIn, bytesOut, redelivered, malformed, failedConnections, busyLogins } = this;
    return {
      ...now,
      connectionsTotal,
      failedLogins,
      busyLogins,
      publishes,
      acknowledged,
      refused,
      forbidden,
      oversized,
      malformed,
      failedConnections,
      frozen,
      silent,
      tooLarge,
      dropped,
      redelivered,
      bytesIn,
      bytesOut,
    };
  }
}
