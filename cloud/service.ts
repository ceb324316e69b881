/**
 * The composition root of the centre: builds every part, connects them, starts them in order and stops them in reverse.
 *
 *   history ─► users ─► directory ─► commands ─► notifier ─► ingest (Kafka) or receiver alone (no broker) ─► API and page
 *
 * Always: a part that fails to start stops those before it; a Kafka that is not there stops nothing: ingest and notifier
 * go on trying, and the page says so. Notifying never waits for the history.
 */
import { join } from 'node:path';
import { type Clock, sleep, systemClock } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { listenOrExplain } from '@forpost/shared/http/listen.ts';
import { type Part, Releasers } from '@forpost/shared/lifecycle.ts';
import { createLogger, type Logger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import { runUntilSignal } from '@forpost/shared/run.ts';
import { version } from '@forpost/shared/version.ts';
import type { FastifyInstance } from 'fastify';
import { tellFirstLogin } from './access/first-login.ts';
import { Users } from './access/users.ts';
import { AcknowledgementResend } from './alarms/acknowledgement-resend.ts';
import { Acknowledgements } from './alarms/acknowledgements.ts';
import { CentreAlarms } from './alarms/centre-alarms.ts';
import { FloodWatch } from './alarms/flood-watch.ts';
import { GatewayWatch } from './alarms/gateway-watch.ts';
import { restoreAcknowledgements } from './alarms/restored-acknowledgements.ts';
import { buildApi } from './api/api.ts';
import { Doors } from './api/doors.ts';
import { LiveFeed } from './api/live.ts';
import type { LedgerView } from './api/schemas.ts';
import { Commands } from './commands/commands.ts';
import { FileCommandLog } from './commands/file-log.ts';
import { keyFileOf } from './commands/key.ts';
import { TopicCommandLog } from './commands/topic-log.ts';
import { type CloudConfig, defaultReceiverPort } from './config/config.ts';
import { loadCloud, readPassword } from './config/load.ts';
import { ReloadedConfig } from './config/reload.ts';
import { DataLock } from './data-folder/lock.ts';
import { EvidenceAudit } from './evidence/audit.ts';
import { EvidenceDepot } from './evidence/depot.ts';
import { GatewayDirectory } from './gateways/directory.ts';
import { GatewayService, gatewayServiceKind } from './gateways/out-of-service.ts';
import { type CentreParts, centreView, workProblems } from './health/condition.ts';
import type { CertificateEnds, IngestFigures } from './health/metrics.ts';
import { ClickHouseHistory, executorFor } from './history/clickhouse/clickhouse-history.ts';
import { GatewayAdmission } from './ingest/admission.ts';
import { Ingest, type IngestEvents } from './ingest/ingest.ts';
import { PoisonLog } from './ingest/poison-log.ts';
import { HistoryRecovery } from './ingest/recovery.ts';
import type { KafkaCluster } from './kafka/client.ts';
import { boundAnswers, defaultBatchMb } from './kafka/codecs.ts';
import { PartitionCounts } from './kafka/partition-counts.ts';
import type { ConsumerState } from './kafka/supervised-consumer.ts';
import { LaneEnds } from './ledger/lane-ends.ts';
import { Ledgers } from './ledger/ledgers.ts';
import { type LedgerQuery, ledgerView } from './ledger/view.ts';
import { createRoutes } from './notify/channels/registry.ts';
import { Notifier } from './notify/notifier.ts';
import { FileOperationsLog } from './operations/file-log.ts';
import type { OperationsLog } from './operations/operations.ts';
import { TopicOperationsLog } from './operations/topic-log.ts';
import { type Delivery, HistoryDelivery, KafkaDelivery } from './receiver/delivery.ts';
import { type ReceiverOptions, receiverPlugin } from './receiver/receiver.ts';
import { ReceiverServer } from './receiver/receiver-server.ts';
import { FileRegistry } from './registry/file-registry.ts';
import type { Registry } from './registry/registry.ts';
import { TopicRegistry } from './registry/topic-registry.ts';
import { GatewaySites } from './sites/gateway-sites.ts';

/** `forpost cloud`: runs until SIGTERM or SIGINT. @throws ForpostError with what a person has to mend */
export async function runService(configFile: string): Promise<void> {
  const config = loadCloud(configFile);
  const logger = createLogger('cloud', config.log_level);
  const service = new Service({ configFile, config, clock: systemClock, random: Math.random, logger });
  await runUntilSignal(service, logger, () => service.addresses(), {
    hangS: config.watchdog?.hang_s ?? 30,
    reload: () => service.reload(),
  });
}

export interface ServiceOptions {
  /** read again at a reload; absent: there is none */
  readonly configFile?: string;
  readonly config: CloudConfig;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const historyBackoff = { baseMs: 200, ceilingMs: 5_000 };

export class Service implements Part {
  readonly #options: ServiceOptions;
  readonly #releasers = new Releasers();
  readonly #history: ClickHouseHistory;
  readonly #users: Users;
  readonly #gateways: GatewayDirectory;
  readonly #live: LiveFeed;
  readonly #notifier: Notifier;
  readonly #ingest: Ingest | undefined;
  readonly #delivery: Delivery;
  readonly #receiver: ReceiverServer | undefined;
  readonly #commands: Commands;
  readonly #evidence: EvidenceDepot;
  readonly #operations: OperationsLog;
  readonly #registry: Registry;
  readonly #centreAlarms: CentreAlarms;
  readonly #sites: GatewaySites;
  readonly #service: GatewayService;
  readonly #watch: GatewayWatch;
  readonly #flood: FloodWatch;
  readonly #lock: DataLock;
  readonly #recovery: HistoryRecovery;
  readonly #doors: Doors;
  readonly #reloaded: ReloadedConfig;
  /** absent where the receiver has a port of its own */
  readonly #ingestPlugin: ReceiverOptions | undefined;
  readonly #poison: PoisonLog;
  readonly #partitions: PartitionCounts;
  readonly #ends: LaneEnds;
  readonly #ledgers: Ledgers;
  readonly #startedAt: number;
  readonly #stopping = new AbortController();
  #stored = 0;
  #repeated = 0;
  #url = '';

  constructor(options: ServiceOptions) {
    this.#options = options;
    const { config, clock, random } = options;
    const logger = (name: string) => options.logger.child({ part: name });
    boundAnswers(config.kafka?.batch_mb ?? defaultBatchMb);
    const kafka: KafkaCluster | undefined =
      config.kafka === undefined
        ? undefined
        : {
            brokers: config.kafka.brokers,
            tls: config.kafka.tls,
            sasl: config.kafka.sasl && {
              ...config.kafka.sasl,
              password: readPassword(config.kafka.sasl.password_file),
            },
            prefix: config.kafka.prefix ?? 'forpost',
            development: config.kafka.development ?? false,
          };

    this.#history = new ClickHouseHistory({
      executor: executorFor({ url: config.history?.url, folder: join(config.data, 'history') }),
      clock,
      logger: logger('history'),
    });
    this.#lock = new DataLock(config.data);
    this.#doors = new Doors({ http: config.http, folder: config.data, clock, logger: logger('api') });
    this.#users = new Users(config.data, clock);
    this.#reloaded = new ReloadedConfig({ file: options.configFile, config, logger: logger('config') });
    this.#recovery = new HistoryRecovery({
      ...{ folder: join(config.data, 'history'), kafka, clock, random, logger: logger('history') },
    });
    this.#poison = new PoisonLog(join(config.data, 'dead-letters.json'), clock, logger('ingest'));
    this.#partitions = new PartitionCounts(join(config.data, 'topics.json'), logger('ingest'));
    this.#startedAt = clock.now();
    this.#gateways = new GatewayDirectory({
      clock,
      // without Kafka an event is in the history before its gateway hears that it is safe
      ...(kafka === undefined
        ? {}
        : {
            handledAt: () => this.#ingest?.status().handledAt,
            hearing: () => this.#ingest?.status().statuses.state === 'consuming',
          }),
    });
    this.#ends = new LaneEnds({ history: this.#history, clock, logger: logger('ledger') });
    this.#ledgers = new Ledgers({
      history: this.#history,
      gateways: this.#gateways,
      ends: this.#ends,
      // without Kafka there is one centre
      ours: () => this.#ingest?.ownsAll() ?? true,
      clock,
    });
    this.#live = new LiveFeed({ clock });
    this.#notifier = new Notifier({
      folder: config.data,
      kafka,
      routes: createRoutes(config.notify),
      clock,
      random,
      logger: logger('notify'),
    });
    this.#registry =
      kafka === undefined
        ? new FileRegistry(join(config.data, 'registry.jsonl'), clock, logger('registry'))
        : new TopicRegistry({ kafka, clock, random, logger: logger('registry') });
    this.#centreAlarms = new CentreAlarms({
      registry: this.#registry,
      tell: (notification) => this.#notifier.tell(notification),
      alone: kafka === undefined,
      clock,
      random,
      logger: logger('alarms'),
    });
    this.#commands = new Commands({
      keyFile: keyFileOf(config),
      log: (take) =>
        kafka === undefined
          ? new FileCommandLog(join(config.data, 'commands.json'), take, clock)
          : new TopicCommandLog({ kafka, take, clock, random, logger: logger('commands') }),
      history: this.#history,
      clock,
      logger: logger('commands'),
      onChange: (view) => this.#live.command(view),
    });
    this.#evidence = new EvidenceDepot({
      folder: join(config.data, 'evidence'),
      clock,
      logger: logger('evidence'),
    });
    this.#operations =
      kafka === undefined
        ? new FileOperationsLog(join(config.data, 'operations.jsonl'), clock)
        : new TopicOperationsLog(kafka, clock, logger('operations'));
    this.#service = new GatewayService(this.#registry);
    const { silent_after_s: silent, clock_after_s: unsynced, link_after_s: broken } = config.gateway_alarms ?? {};
    this.#watch = new GatewayWatch({
      gateways: this.#gateways,
      alarms: this.#centreAlarms,
      outOfService: (gateway) => this.#service.isOut(gateway),
      missing: (gateway) => this.#missing(gateway),
      times: {
        ...(silent === undefined ? {} : { silentAfterMs: silent * 1000 }),
        ...(unsynced === undefined ? {} : { clockAfterMs: unsynced * 1000 }),
        ...(broken === undefined ? {} : { linkAfterMs: broken * 1000 }),
      },
      clock,
      logger: logger('alarms'),
    });
    this.#sites = new GatewaySites(this.#registry, clock, logger('registry'));
    const limitsOf = (gateway: string) => this.#reloaded.limitsOf(gateway);
    this.#flood = new FloodWatch({ alarms: this.#centreAlarms, limitsOf, clock });
    const admission = new GatewayAdmission(this.#sites, this.#flood, this.#centreAlarms);
    const events: IngestEvents = {
      stored: (some) => {
        this.#stored += some.length;
        this.#live.stored(some);
        this.#commands.stored(some);
        this.#watch.stored(some);
      },
      held: (some, toTell = some) => {
        this.#ledgers.stored(some);
        // without a broker nobody else would hear of an alert, and what seemed not to be stored comes again as a
        // repetition; with one the notifier is a consumer of its own
        if (kafka === undefined) for (const event of toTell) this.#notifier.take(event);
      },
      assigned: () => this.#ledgers.forget(),
      status: (status, arrived) => {
        this.#ends.take(status, arrived);
        this.#gateways.take(status, arrived);
      },
      repeated: (count) => {
        this.#repeated += count;
      },
      poison: (record) => this.#poison.take(record),
    };
    this.#ingest =
      kafka === undefined
        ? undefined
        : new Ingest({
            ...{ kafka, history: this.#history, events, partitions: this.#partitions, admission },
            ...{ clock, random, logger: logger('ingest') },
          });
    this.#delivery =
      kafka === undefined
        ? new HistoryDelivery({ history: this.#history, events, clock, random, logger: logger('receiver') })
        : new KafkaDelivery(kafka, clock, logger('receiver'));
    const receiver = {
      gateways: () => this.#reloaded.gateways,
      delivery: this.#delivery,
      commands: this.#commands,
      evidence: this.#evidence,
      ...{ admission, limitsOf, clock },
    };
    this.#ingestPlugin = config.receiver === undefined ? receiver : undefined;
    if (config.receiver !== undefined)
      this.#receiver = new ReceiverServer({
        ...receiver,
        host: config.receiver.host ?? '0.0.0.0',
        port: config.receiver.port ?? defaultReceiverPort,
        tls: config.receiver.tls,
        logger: logger('receiver'),
      });
  }

  /** Once the doors are open: a server is made with its certificate. */
  #buildApi(): FastifyInstance {
    const { clock, logger } = this.#options;
    const api = buildApi({
      history: this.#history,
      gateways: this.#gateways,
      centreAlarms: this.#centreAlarms,
      sites: { sites: this.#sites, operations: this.#operations },
      service: this.#service,
      acknowledgements: new Acknowledgements({
        operations: this.#operations,
        history: this.#history,
        onNoted: (acknowledgement) => this.#live.acknowledged(acknowledgement),
        clock,
        logger: logger.child({ part: 'alarms' }),
      }),
      ledger: (gateway, query) => this.#ledger(gateway, query),
      centre: () => centreView(this.#centreParts()),
      storesAll: () => this.#ingest?.ownsAll() ?? true,
      commands: this.#commands,
      evidence: {
        depot: this.#evidence,
        audit: new EvidenceAudit(this.#operations, clock, logger.child({ part: 'evidence' })),
      },
      users: this.#users,
      ...this.#doors.api,
      certificates: () => this.#certificateEnds(),
      live: this.#live,
      ingest: () => this.#ingestFigures(),
      notifier: () => this.#notifier.status(),
      notReady: () => workProblems(this.#centreParts()),
      clock,
      logger,
    });
    // with a port of its own it is reached there alone
    if (this.#ingestPlugin !== undefined) api.register(receiverPlugin, this.#ingestPlugin);
    this.#doors.serve(api);
    return api;
  }

  /** Reads gateways, tokens, limits and certificates again (reload.ts); users are looked at all the time. */
  async reload(): Promise<void> {
    this.#reloaded.run();
    await Promise.all([this.#doors.reload(), this.#receiver?.reload()]);
  }

  async start(): Promise<void> {
    const { config, logger } = this.#options;
    try {
      await this.#releasers.start('data folder', this.#lock);
      await this.#releasers.start('doors', this.#doors);
      const api = this.#buildApi();
      // a folder of ours tells first whether another centre has it; a server may be away, and Kafka keeps what comes
      const waits = this.#ingest !== undefined && config.history?.url !== undefined;
      if (!waits) {
        this.#releasers.add('history', () => this.#history.stop());
        await this.#recovery.open(this.#history);
        await this.#releasers.start('lane ends', this.#ends);
      }
      const first = await this.#users.start();
      this.#releasers.add('users', () => this.#users.stop());
      if (first !== undefined) await tellFirstLogin(first);
      await this.#poison.start();
      await this.#releasers.start('gateways', this.#gateways);
      this.#releasers.add(
        'gateway changes',
        this.#gateways.onChange((gateway) => this.#live.gateway(gateway)),
      );
      await this.#releasers.start('commands', this.#commands);
      await this.#releasers.start('evidence', this.#evidence);
      await this.#releasers.start('operations', this.#operations);
      // with Kafka before ingest reads all again
      if (this.#recovery.lost && this.#ingest === undefined)
        await restoreAcknowledgements(this.#operations, this.#history);
      await this.#releasers.start('notifier', this.#notifier);
      this.#releasers.add(
        'changes of the centre’s alarms',
        this.#centreAlarms.onChange((alarm) => this.#live.centreAlarm(alarm)),
      );
      await this.#releasers.start('alarms of the centre', this.#centreAlarms);
      await this.#releasers.start('registry', this.#registry);
      await this.#releasers.start('sites of gateways', this.#sites);
      await this.#releasers.start('flood watch', this.#flood);
      await this.#releasers.start('delivery', this.#delivery);
      if (this.#receiver !== undefined) await this.#releasers.start('receiver', this.#receiver);
      if (waits) {
        await this.#untilHistoryOpens();
        await this.#releasers.start('lane ends', this.#ends);
      }
      for (const { gateway } of await this.#history.lanes()) this.#gateways.remember(gateway, '');
      await this.#startIngest();
      this.#releasers.add(
        'gateways out of service',
        this.#registry.onChange(gatewayServiceKind, ({ id }) => {
          const known = this.#gateways.get(id);
          if (known !== undefined) this.#live.gateway(known);
        }),
      );
      await this.#releasers.start('gateway watch', this.#watch);
      const { clock } = this.#options;
      await this.#releasers.start(
        'acknowledgements',
        new AcknowledgementResend({
          ...{ gateways: this.#gateways, history: this.#history, commands: this.#commands, clock },
          logger: logger.child({ part: 'alarms' }),
        }),
      );
      this.#releasers.add('api', () => api.close());
      this.#url = this.#doors.url(await listenOrExplain(api, this.#doors.host, this.#doors.port, 'http.port'));
      logger.info({ ...this.addresses(), version }, 'the centre is up');
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Where the history is to be filled again, Kafka is waited for, and the page is not. */
  async #startIngest(): Promise<void> {
    const ingest = this.#ingest;
    if (ingest === undefined) return;
    const { logger } = this.#options;
    if (!this.#recovery.due) {
      await this.#releasers.start('ingest', ingest);
      return;
    }
    const refill = () => restoreAcknowledgements(this.#operations, this.#history);
    const started = this.#recovery.prepareIngest(this.#stopping.signal, refill).then(async () => {
      if (!this.#stopping.signal.aborted) await ingest.start();
    });
    started.catch((error: unknown) => logger.fatal({ err: error }, 'ingest did not start'));
    this.#releasers.add('ingest', async () => {
      await started.catch(() => undefined);
      await ingest.stop();
    });
  }

  /** After a power cut it starts too. @throws what is wrong for good */
  async #untilHistoryOpens(): Promise<void> {
    const { clock, random, logger } = this.#options;
    this.#releasers.add('history', () => this.#history.stop());
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#history.start();
        return;
      } catch (error) {
        if (!(error instanceof ForpostError) || !error.retryable) throw error;
        const waitMs = Math.round(backoffMs(historyBackoff, attempt, random));
        const words = 'the page opens when it answers; people are told of alerts all the same';
        logger.warn({ attempt, waitMs }, `${messageOf(error)}: ${words}`);
        await sleep(clock, waitMs, this.#stopping.signal);
        if (this.#stopping.signal.aborted)
          throw new ForpostError('FORPOST_HISTORY_FAILED', 'the centre was stopped before its history answered');
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#releasers.releaseAll((name, problem) =>
      this.#options.logger.error({ part: name, problem }, 'a part did not stop well'),
    );
  }

  addresses(): { readonly page: string; readonly receiver?: string } {
    return { page: this.#url, ...(this.#receiver === undefined ? {} : { receiver: this.#receiver.url }) };
  }

  async #ledger(gateway: string, query?: LedgerQuery): Promise<LedgerView | undefined> {
    const counted = await this.#ledgers.of(gateway);
    if (counted === undefined) return undefined;
    const view = ledgerView(counted.ledger, counted.rows, query);
    return { ...view, counted: rfc3339(this.#options.clock.now()) };
  }

  /** What is wrong at the doors, a sentence each. */
  #doorProblems(): readonly string[] {
    const { problem } = this.#users;
    return [
      ...this.#recovery.problems(),
      ...this.#history.problems(),
      ...this.#doors.problems(),
      ...this.#reloaded.problems(),
      ...(this.#receiver?.problems() ?? []),
      ...(problem === undefined ? [] : [problem]),
    ];
  }

  #certificateEnds(): CertificateEnds {
    const ends = [
      { listener: 'http', endsAt: this.#doors.certificateEndsAt },
      { listener: 'receiver', endsAt: this.#receiver?.certificateEndsAt },
    ];
    return ends.flatMap(({ listener, endsAt }) => (endsAt === undefined ? [] : [{ listener, endsAt }]));
  }

  /**
   * How many events of a gateway are missing, by lane; undefined while the centre itself cannot receive or store
   * events.
   */
  async #missing(gateway: string): Promise<{ alerts: number; telemetry: number } | undefined> {
    if (workProblems(this.#centreParts()).length > 0) return undefined;
    const counted = await this.#ledgers.of(gateway);
    if (counted === undefined) return undefined;
    const of = (lane: string) =>
      counted.ledger.lanes.reduce((sum, one) => sum + (one.lane === lane ? one.missing.count : 0), 0);
    return { alerts: of('alerts'), telemetry: of('telemetry') };
  }

  #ingestFigures(): IngestFigures {
    return {
      connected: this.#consumers().every(({ state }) => state === 'consuming'),
      stored: this.#stored,
      duplicates: this.#repeated,
      deadLetters: this.#poison.count,
      lag: this.#ingest?.status().lags ?? [],
    };
  }

  #centreParts(): CentreParts {
    return {
      startedAt: this.#startedAt,
      now: this.#options.clock.now(),
      heard: this.#heardKafka(),
      consumers: this.#consumers(),
      stored: this.#stored,
      repeated: this.#repeated,
      unread: (this.#ingest?.status().lags ?? []).reduce((sum, { records }) => sum + records, 0),
      poison: this.#poison,
      trouble: this.#ingest?.status().trouble ?? this.#delivery.trouble,
      topics: [...this.#partitions.problems, ...(this.#ingest?.status().topicProblems ?? [])],
      doors: this.#doorProblems(),
      notifier: this.#notifier.status(),
    };
  }

  /** When Kafka said anything last to each consumer, ms since 1970. */
  #heardKafka(): number | undefined {
    const { clock } = this.#options;
    const heard = this.#consumers().map(({ heardAt }) => heardAt ?? Number.NEGATIVE_INFINITY);
    const oldest = Math.min(clock.uptime(), ...heard);
    return oldest === Number.NEGATIVE_INFINITY ? undefined : Math.round(clock.now() - (clock.uptime() - oldest));
  }

  #consumers(): readonly ConsumerState[] {
    const status = this.#ingest?.status();
    return status === undefined ? [] : [status.events, status.statuses];
  }
}
