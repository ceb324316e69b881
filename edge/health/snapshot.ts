/** The state of the gateway at one moment, from which the metrics are made. */
import type { Severity } from '@forpost/shared/event/event.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { BrokerCounters } from '../broker/broker.ts';
import type { EvidenceFigures } from '../evidence/store.ts';
import type { UploadFigures } from '../evidence/upload.ts';
import type { OutboxStatus } from '../outbox/outbox.ts';
import type { HostSnapshot } from './host/host-health.ts';

export interface GatewaySnapshot {
  readonly status: GatewayStatus;
  readonly outbox: OutboxStatus;
  readonly broker: BrokerCounters;
  /** events without a sender that the outbox did not take */
  readonly unstored: { readonly waiting: number; readonly lost: number; readonly collapsed: number };
  /** failures by rule id */
  readonly ruleErrors: Readonly<Record<string, number>>;
  /** active alarms by severity */
  readonly activeAlarms: Readonly<Record<Severity, number>>;
  /** evidence of alarms: kept, viewed, sent */
  readonly evidence: EvidenceFigures & { readonly views: number; readonly uploads: UploadFigures };
  /** the machine; undefined while it was not read */
  readonly host?: HostSnapshot;
  /** resident bytes of the vision process; undefined where it does not run */
  readonly visionResidentBytes?: number;
}
