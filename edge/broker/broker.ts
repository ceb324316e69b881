/** The MQTT broker of the site: signatures first, so that others can be wired to it. */
import type { Clock } from '@forpost/shared/clock.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { LocalPublisher } from '../alerts/action.ts';
import type { Installation } from '../config/installation.ts';
import type { Admit, Authenticate } from './access.ts';

export interface BrokerOptions {
  readonly mqtt: Installation['mqtt'];
  readonly authenticate: Authenticate;
  readonly admit: Admit;
  readonly clock: Clock;
  readonly logger: Logger;
  /** a device's first connection came, or its last one went */
  readonly onConnection: (device: string, connected: boolean) => void;
  /** instead of the configured ports: 0 takes a free one */
  readonly ports?: { readonly plain?: number; readonly tls?: number };
}

/** Counted since the start, except `connections`, which is now. */
export interface BrokerCounters {
  readonly connections: number;
  readonly connectionsTotal: number;
  readonly failedLogins: number;
  readonly publishes: number;
  readonly acknowledged: number;
  /** withheld, because what they say could not be committed */
  readonly refused: number;
  /** publishes and subscriptions to what is not theirs */
  readonly forbidden: number;
  readonly oversized: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export class Broker implements Part, LocalPublisher {
  constructor(_options: BrokerOptions) {}
  /** @throws ForpostError FORPOST_PORT_TAKEN, FORPOST_CONFIG_INVALID */
  start(): Promise<void> {
    return Promise.resolve();
  }
  stop(): Promise<void> {
    return Promise.resolve();
  }
  /** the port that plain MQTT listens on, once started */
  get port(): number {
    return 0;
  }
  /** the port that MQTT over TLS listens on, once started; undefined where it is not configured */
  get tlsPort(): number | undefined {
    return undefined;
  }
  publish(_topic: string, _payload: string, _options: { readonly qos: 0 | 1; readonly retain: boolean }): void {}
  /** Closes all connections of a device or consumer (removed, or its password changed); returns how many. */
  disconnect(_principal: string): number {
    return 0;
  }
  counters(): BrokerCounters {
    throw new Error('not started');
  }
}
