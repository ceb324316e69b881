/** For tests: a centre without Kafka, with a history in memory and all else in a folder of the test's own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { Users } from '../access/users.ts';
import { CentreAlarms } from '../alarms/centre-alarms.ts';
import type { CentreServices } from '../capabilities.ts';
import { CommandDesk } from '../commands/desk.ts';
import { fileCommands } from '../commands/testing/file-commands.ts';
import { GatewayDirectory } from '../gateways/directory.ts';
import { GatewayService } from '../gateways/out-of-service.ts';
import { Takeovers } from '../gateways/takeovers.ts';
import type { Health } from '../health/capability.ts';
import { type CentreParts, centreView } from '../health/condition.ts';
import { MemoryHistory } from '../history/memory-store.ts';
import { LiveFeed } from '../live/feed.ts';
import { FileOperationsLog } from '../operations/file-log.ts';
import { FileRegistry } from '../registry/file-registry.ts';
import { GatewaySites } from '../sites/gateway-sites.ts';

export const allIsWell: CentreParts = {
  startedAt: 0,
  now: 60_000,
  kafkaAnsweredAt: 60_000,
  consumers: [{ state: 'consuming', reason: '' }],
  stored: 42,
  repeated: 3,
  unread: 7,
  poison: { count: 0, recent: [], earlier: [], conflict: undefined },
  topics: [],
  trouble: undefined,
  notifier: { connected: true, reason: '', notifications: 0, channels: [] },
};

/** A centre in the condition `parts`, ready but for `reasons`. */
export function healthOf(parts: CentreParts = allIsWell, reasons: readonly string[] = []): Health {
  return {
    view: () => centreView(parts),
    notReady: () => reasons,
    figures: () => ({
      ingest: {
        connected: true,
        stored: parts.stored,
        duplicates: parts.repeated,
        deadLetters: 0,
        lag: [{ topic: 'forpost.alerts', partition: 0, records: parts.unread }],
      },
      notifier: {
        notifications: 9,
        connected: true,
        reason: '',
        channels: [{ channel: 'hook', sent: 5, failed: 1, retries: 2, queue: 0, lastError: '' }],
      },
      certificates: [],
    }),
  };
}

export interface TestServices {
  readonly services: CentreServices & { readonly history: MemoryHistory };
  remove(): Promise<void>;
}

/** The services of such a centre; `change` replaces some of them. Commands and registry are started. */
export async function testServices(clock: Clock, change: Partial<CentreServices> = {}): Promise<TestServices> {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-centre-'));
  const logger = silentLogger();
  const history = new MemoryHistory(clock);
  const gateways = new GatewayDirectory({ clock });
  const live = new LiveFeed({ clock, flushMs: 5 });
  const { commands, remove } = await fileCommands({ clock, history, onChange: (view) => live.command(view) });
  const registry = new FileRegistry(join(folder, 'registry.jsonl'), clock, logger);
  await registry.start();
  const services = {
    config: {},
    folder,
    history,
    registry,
    gateways,
    live,
    commands,
    clock,
    logger,
    users: new Users(folder, clock),
    operations: new FileOperationsLog(join(folder, 'operations.jsonl'), clock),
    sites: new GatewaySites(registry, clock, logger),
    service: new GatewayService(registry),
    takeovers: new Takeovers(registry, clock, logger),
    centreAlarms: new CentreAlarms({ registry, notify: async () => {}, alone: true, clock, random: () => 0, logger }),
    desk: new CommandDesk(commands, gateways),
    ledger: async () => undefined,
    missing: async () => undefined,
    health: healthOf(),
    storesAll: () => true,
    ...change,
  };
  return {
    services: { ...services, history },
    async remove() {
      await remove();
      await registry.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
