/**
 * The parts of the centre, constructed and connected. Nothing is started here, and nothing is decided but whether a part
 * lives with Kafka or without.
 *
 *   storage (history, registry, operations) ─► people (notifier, alarms, commands)
 *      └─► the way in (admission, ingest or delivery) ─► gateways (directory, ledgers) ─► capabilities ─► receiver
 */
import { join } from 'node:path';
import type { Clock } from '@forpost/shared/clock.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { Users } from './access/users.ts';
import { CentreAlarms } from './alarms/centre-alarms.ts';
import { FloodWatch } from './alarms/flood-watch.ts';
import { GatewayAdmission } from './alarms/gateway-admission.ts';
import { Capabilities, type CapabilityKind } from './api/capability.ts';
import { ApiListener } from './api/listener.ts';
import { type CentreServices, capabilities } from './capabilities.ts';
import { Commands } from './commands/commands.ts';
import { CommandDesk } from './commands/desk.ts';
import { FileCommandLog } from './commands/file-log.ts';
import { keyFileOf } from './commands/key.ts';
import { TopicCommandLog } from './commands/topic-log.ts';
import { type CloudConfig, defaultReceiverPort } from './config/config.ts';
import { kafkaClusterOf } from './config/kafka-cluster.ts';
import { ReloadedConfig } from './config/reload.ts';
import { DataLock } from './data-folder/lock.ts';
import { GatewayDirectory } from './gateways/directory.ts';
import { GatewayService } from './gateways/out-of-service.ts';
import { Takeovers } from './gateways/takeovers.ts';
import { CentreHealth } from './health/centre-health.ts';
import type { Problem } from './health/condition.ts';
import { ClickHouseHistory, executorFor } from './history/clickhouse/clickhouse-history.ts';
import { IngestHub } from './ingest/hub.ts';
import { Ingest } from './ingest/ingest.ts';
import { PoisonLog } from './ingest/poison-log.ts';
import { HistoryRecovery } from './ingest/recovery.ts';
import type { KafkaCluster } from './kafka/client.ts';
import { boundAnswers, defaultBatchMb } from './kafka/codecs.ts';
import { PartitionCounts } from './kafka/partition-counts.ts';
import { LedgerAnswers } from './ledger/answers.ts';
import { LaneEnds } from './ledger/lane-ends.ts';
import { Ledgers } from './ledger/ledgers.ts';
import { LiveFeed } from './live/feed.ts';
import { createRoutes } from './notify/channels/registry.ts';
import { Notifier } from './notify/notifier.ts';
import { FileOperationsLog } from './operations/file-log.ts';
import { TopicOperationsLog } from './operations/topic-log.ts';
import { type Delivery, HistoryDelivery, KafkaDelivery } from './receiver/delivery.ts';
import type { ReceiverOptions } from './receiver/receiver.ts';
import { ReceiverServer } from './receiver/receiver-server.ts';
import { FileRegistry } from './registry/file-registry.ts';
import { TopicRegistry } from './registry/topic-registry.ts';
import { GatewaySites } from './sites/gateway-sites.ts';

export interface ServiceOptions {
  /** read again at a reload; absent: there is nothing to read again */
  readonly configFile?: string;
  readonly config: CloudConfig;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** default: those of capabilities.ts */
  readonly capabilities?: readonly CapabilityKind<CentreServices>[];
}

/** What every group of parts is built from. */
interface Ground extends ServiceOptions {
  /** undefined: the centre lives without Kafka */
  readonly kafka: KafkaCluster | undefined;
  /** the logger of a part */
  readonly log: (part: string) => Logger;
}

export type Composition = ReturnType<typeof compose>;

/** @throws ForpostError where a file that cloud.yaml names cannot be read, or two capabilities share a name */
export function compose(options: ServiceOptions) {
  const { config, clock, logger } = options;
  boundAnswers(config.kafka?.batch_mb ?? defaultBatchMb);
  const log = (part: string) => logger.child({ part });
  const ground: Ground = { ...options, kafka: kafkaClusterOf(config), log };
  const listener = new ApiListener({ http: config.http, folder: config.data, clock, logger: log('api') });
  const users = new Users(config.data, clock);
  const reloaded = new ReloadedConfig({ file: options.configFile, config, logger: log('config') });
  const storage = composeStorage(ground);
  const people = composePeople(ground, storage, users);
  const way = composeWayIn(ground, storage, people, reloaded);
  const gateways = composeGateways(ground, storage, way);
  const desk = new CommandDesk(people.commands, gateways.gateways);
  const health: CentreHealth = new CentreHealth({
    ...storage,
    ...people,
    ...way,
    clock,
    problems: () => [
      ...[storage.recovery, storage.history, listener, reloaded].flatMap((part): readonly Problem[] => part.problems()),
      ...(receiver.server?.problems() ?? []),
      ...(users.problem === undefined ? [] : [users.problem]),
    ],
    certificates: () => [
      ...certificateEnd('http', listener.certificateEndsAt),
      ...certificateEnd('receiver', receiver.server?.certificateEndsAt),
    ],
  });
  const made = Capabilities.of<CentreServices>(options.capabilities ?? capabilities, {
    config,
    folder: config.data,
    users,
    desk,
    health,
    clock,
    logger,
    ...storage,
    ...people,
    ...gateways,
    sites: way.sites,
    takeovers: way.takeovers,
    ledger: (gateway, query) => gateways.answers.view(gateway, query),
    // while the centre cannot receive or store events, the number of missing events is unknown
    missing: async (gateway) => (health.notReady().length > 0 ? undefined : gateways.answers.missing(gateway)),
    // without Kafka there is one centre
    storesAll: () => way.ingest?.ownsAll() ?? true,
  });
  connect(ground, { ...storage, ...people, ...way, ...gateways, health, capabilities: made });
  const receiver = composeReceiver(ground, { ...way, reloaded, capabilities: made });
  const lock = new DataLock(config.data);
  return {
    ...storage,
    ...people,
    ...way,
    ...gateways,
    lock,
    listener,
    users,
    reloaded,
    health,
    capabilities: made,
    receiver,
  };
}

function certificateEnd(listener: string, endsAt: number | undefined) {
  return endsAt === undefined ? [] : [{ listener, endsAt }];
}

type Storage = ReturnType<typeof composeStorage>;
type People = ReturnType<typeof composePeople>;
type WayIn = ReturnType<typeof composeWayIn>;
type Gateways = ReturnType<typeof composeGateways>;

/** What is kept: with Kafka in its topics, without Kafka in files of the data folder. */
function composeStorage({ config: { data, history: store }, kafka, clock, random, log }: Ground) {
  const folder = join(data, 'history');
  const executor = executorFor({ url: store?.url, folder });
  return {
    history: new ClickHouseHistory({ executor, clock, logger: log('history') }),
    recovery: new HistoryRecovery({ folder, kafka, clock, random, logger: log('history') }),
    registry:
      kafka === undefined
        ? new FileRegistry(join(data, 'registry.jsonl'), clock, log('registry'))
        : new TopicRegistry({ kafka, clock, random, logger: log('registry') }),
    operations:
      kafka === undefined
        ? new FileOperationsLog(join(data, 'operations.jsonl'), clock)
        : new TopicOperationsLog(kafka, clock, log('operations')),
    poison: new PoisonLog(join(data, 'dead-letters.json'), clock, log('ingest')),
    partitions: new PartitionCounts(join(data, 'topics.json'), log('ingest')),
  };
}

/** Notifications to people, and their commands. */
function composePeople({ config, kafka, clock, random, log }: Ground, { history, registry }: Storage, users: Users) {
  const live = new LiveFeed({ clock });
  const notifier = new Notifier({
    folder: config.data,
    kafka,
    routes: createRoutes(config.notify),
    chosenLanguage: (user) => users.languageOf(user),
    clock,
    random,
    logger: log('notify'),
  });
  const centreAlarms = new CentreAlarms({
    registry,
    notify: (notification) => notifier.notify(notification),
    alone: kafka === undefined,
    clock,
    random,
    logger: log('alarms'),
  });
  const commands = new Commands({
    keyFile: keyFileOf(config),
    log: (onCommand) =>
      kafka === undefined
        ? new FileCommandLog(join(config.data, 'commands.json'), onCommand, clock)
        : new TopicCommandLog({ kafka, onCommand, clock, random, logger: log('commands') }),
    history,
    clock,
    logger: log('commands'),
    onChange: (view) => live.command(view),
  });
  return { live, notifier, centreAlarms, commands };
}

/** The way of events into the history: each is checked, stored once, and passed to the hub. */
function composeWayIn(
  { kafka, clock, random, log }: Ground,
  { history, registry, partitions }: Storage,
  { centreAlarms }: People,
  reloaded: ReloadedConfig,
) {
  const hub = new IngestHub();
  const sites = new GatewaySites(registry, clock, log('registry'));
  const limitsOf = (gateway: string) => reloaded.limitsOf(gateway);
  const flood = new FloodWatch({ alarms: centreAlarms, limitsOf, clock });
  const takeovers = new Takeovers(registry, clock, log('registry'));
  const admission = new GatewayAdmission(sites, flood, centreAlarms, takeovers);
  const shared = { history, events: hub, clock, random };
  const ingest =
    kafka === undefined ? undefined : new Ingest({ ...shared, kafka, partitions, admission, logger: log('ingest') });
  const delivery: Delivery =
    kafka === undefined
      ? new HistoryDelivery({ ...shared, logger: log('receiver') })
      : new KafkaDelivery(kafka, clock, log('receiver'));
  return { hub, sites, flood, takeovers, admission, limitsOf, ingest, delivery };
}

/** What is known of the gateways. */
function composeGateways({ clock, log }: Ground, { history, registry }: Storage, { ingest, takeovers }: WayIn) {
  const gateways = new GatewayDirectory({
    clock,
    // without Kafka an event is in the history before its gateway learns that it is safe
    ...(ingest === undefined
      ? {}
      : {
          handledAt: () => ingest.status().handledAt,
          canReceive: () => ingest.status().statuses.state === 'consuming',
        }),
  });
  const ends = new LaneEnds({ history, clock, logger: log('ledger') });
  const ledgers = new Ledgers({
    history,
    gateways,
    ends,
    ours: () => ingest?.ownsAll() ?? true,
    takeovers: (gateway) => takeovers.of(gateway),
    clock,
  });
  return { gateways, ends, ledgers, answers: new LedgerAnswers(ledgers, clock), service: new GatewayService(registry) };
}

interface Listeners
  extends Pick<Storage, 'poison'>,
    Pick<People, 'notifier'>,
    Pick<WayIn, 'hub' | 'takeovers'>,
    Pick<Gateways, 'gateways' | 'ends' | 'ledgers'> {
  readonly health: CentreHealth;
  readonly capabilities: Capabilities;
}

/** The parts that get each arriving event. */
function connect({ kafka }: Ground, listeners: Listeners): void {
  const { hub, health, capabilities: made, ledgers, ends, gateways, notifier, poison, takeovers } = listeners;
  hub.connect({
    stored: (events) => {
      health.stored(events.length);
      made.stored(events);
    },
    held: (events) => ledgers.stored(events),
    assigned: () => ledgers.forget(),
    repeated: (count) => health.repeated(count),
    status: (status, arrived) => {
      takeovers.noteStatus(status, arrived);
      ends.noteStatus(status, arrived);
      gateways.applyStatus(status, arrived);
    },
    poison: (record) => poison.add(record),
  });
  // With Kafka the notifier is a consumer of its own. Without Kafka it gets every stored event: an event that
  // seemed not to be stored comes again as a repetition.
  if (kafka === undefined)
    hub.connect({
      held: (_, toNotify = []) => {
        for (const event of toNotify) notifier.onEvent(event);
      },
    });
}

interface ReceiverParts extends Pick<WayIn, 'delivery' | 'admission' | 'limitsOf'> {
  readonly reloaded: ReloadedConfig;
  readonly capabilities: Capabilities;
}

/** The receiver on a port of its own (`server`), or as a plugin of the API (`plugin`). */
function composeReceiver(
  { config: { receiver }, clock, log }: Ground,
  { reloaded, ...parts }: ReceiverParts,
): { readonly server?: ReceiverServer; readonly plugin?: ReceiverOptions } {
  const plugin: ReceiverOptions = { ...parts, gateways: () => reloaded.gateways, clock };
  if (receiver === undefined) return { plugin };
  const { host = '0.0.0.0', port = defaultReceiverPort, tls } = receiver;
  const logger = log('receiver');
  return { server: new ReceiverServer({ ...parts, gateways: plugin.gateways, host, port, tls, clock, logger }) };
}
