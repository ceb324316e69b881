/**
 * The registry of the centre's capabilities: one line for each. A new capability is a folder beside these and a line
 * here; its page, if it has one, is a folder of the same name in web/src and a line in web/src/cards.tsx.
 *
 * Order: a capability comes after those that it uses. Parts start in this order and stop in reverse.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Users } from './access/users.ts';
import { alarms } from './alarms/capability.ts';
import type { CentreAlarms } from './alarms/centre-alarms.ts';
import type { GatewayWatchOptions } from './alarms/gateway-watch.ts';
import type { CapabilityKind } from './api/capability.ts';
import { commands } from './commands/capability.ts';
import type { Commands } from './commands/commands.ts';
import type { CommandDesk } from './commands/desk.ts';
import type { CloudConfig } from './config/config.ts';
import { events } from './events/capability.ts';
import { evidence } from './evidence/capability.ts';
import { gateways } from './gateways/capability.ts';
import type { GatewayDirectory } from './gateways/directory.ts';
import type { GatewayService } from './gateways/out-of-service.ts';
import type { Takeovers } from './gateways/takeovers.ts';
import { type Health, health } from './health/capability.ts';
import type { HistoryStore } from './history/store.ts';
import { language } from './language/capability.ts';
import { ledger } from './ledger/capability.ts';
import type { LedgerView } from './ledger/schemas.ts';
import type { LedgerQuery } from './ledger/view.ts';
import { live } from './live/capability.ts';
import type { LiveFeed } from './live/feed.ts';
import type { OperationsLog } from './operations/operations.ts';
import type { Registry } from './registry/registry.ts';
import { series } from './series/capability.ts';
import { sites } from './sites/capability.ts';
import type { GatewaySites } from './sites/gateway-sites.ts';

/** What the rest of the centre offers to its capabilities; each one names the part of it that it needs. */
export interface CentreServices {
  readonly config: Pick<CloudConfig, 'gateway_alarms'>;
  /** the data folder */
  readonly folder: string;
  readonly history: HistoryStore;
  readonly registry: Registry;
  readonly operations: OperationsLog;
  readonly users: Users;
  readonly gateways: GatewayDirectory;
  readonly sites: GatewaySites;
  readonly service: GatewayService;
  readonly takeovers: Takeovers;
  readonly ledger: (gateway: string, query?: LedgerQuery) => Promise<LedgerView | undefined>;
  readonly missing: GatewayWatchOptions['missing'];
  readonly centreAlarms: CentreAlarms;
  readonly commands: Commands;
  readonly desk: CommandDesk;
  readonly live: LiveFeed;
  readonly health: Health;
  /** whether all events come into the history through this centre */
  readonly storesAll: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

export const capabilities: readonly CapabilityKind<CentreServices>[] = [
  events,
  series,
  gateways,
  sites,
  ledger,
  commands,
  alarms,
  evidence,
  health,
  live,
  language,
];
