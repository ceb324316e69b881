/** What the broker counts. All grow since the start, except `connections`, which is now. */
export interface BrokerCounters {
  readonly connections: number;
  readonly connectionsTotal: number;
  readonly failedLogins: number;
  /** of devices, that they were allowed to make */
  readonly publishes: number;
  readonly acknowledged: number;
  /** withheld, because what they say could not be committed */
  readonly refused: number;
  /** publishes and subscriptions to what is not theirs */
  readonly forbidden: number;
  readonly oversized: number;
  /** subscribers that were disconnected because too much waited for them */
  readonly frozen: number;
  /** messages dropped from full queues of absent subscribers, retained messages and sessions beyond the limits */
  readonly dropped: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export class Counters {
  connectionsTotal = 0;
  failedLogins = 0;
  publishes = 0;
  acknowledged = 0;
  refused = 0;
  forbidden = 0;
  oversized = 0;
  frozen = 0;
  bytesIn = 0;
  bytesOut = 0;
  readonly #dropped = { queued: 0, retained: 0, session: 0 };

  dropped(what: 'queued' | 'retained' | 'session'): void {
    this.#dropped[what]++;
  }

  snapshot(connections: number): BrokerCounters {
    const { queued, retained, session } = this.#dropped;
    const { connectionsTotal, failedLogins, publishes, acknowledged, refused, forbidden, oversized, frozen } = this;
    const { bytesIn, bytesOut } = this;
    return {
      connections,
      connectionsTotal,
      failedLogins,
      publishes,
      acknowledged,
      refused,
      forbidden,
      oversized,
      frozen,
      dropped: queued + retained + session,
      bytesIn,
      bytesOut,
    };
  }
}
