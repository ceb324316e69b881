/** What the metrics and the health answers are made of: one look at the gateway, taken when it is asked for. */
import type { Severity } from '@forpost/shared/event/event.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { OutboxStatus } from '../outbox/outbox.ts';

/** Totals since the start, but for `clients`. */
export interface BrokerCounters {
  /** connected now */
  readonly clients: number;
  /** publishes taken from devices */
  readonly published: number;
  /** of them acknowledged (PUBACK, PUBREC), so committed */
  readonly acknowledged: number;
  /** acknowledgements withheld because the commit failed */
  readonly withheld: number;
  /** publishes and subscriptions refused: not the device's topic, too large */
  readonly refused: number;
  /** log-ins refused */
  readonly rejectedLogins: number;
}

export interface GatewaySnapshot {
  readonly status: GatewayStatus;
  readonly outbox: OutboxStatus;
  readonly broker: BrokerCounters;
  /** by rule id: how often it threw */
  readonly ruleErrors: Readonly<Record<string, number>>;
  /** active alarms by severity */
  readonly activeAlarms: Readonly<Record<Severity, number>>;
  /** resident bytes of the vision process; undefined where it does not run */
  readonly visionResidentBytes?: number;
}
