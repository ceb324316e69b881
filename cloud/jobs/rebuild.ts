/**
 * `forpost cloud rebuild`: builds the history again from the records that Kafka still holds, and keeps the older events.
 *
 *   refuse where a centre is at work ──► note what Kafka holds ──► read it into a table beside ──► copy what it lacks,
 *   gateway by gateway ──► exchange the two in one step
 *
 * Always: until the exchange the history stays as it is. A kill at any moment costs only the work so far, and the
 * command can be run again. No committed offset moves: at its next start the centre reads the records that came
 * meanwhile. A record's event replaces the row of the same id; rows without a record stay. The disk needs room for a
 * second history. People's acknowledgements are noted again from the operations topic.
 */
import { join } from 'node:path';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { lanes } from '@forpost/shared/event/ids.ts';
import { laneTopic } from '@forpost/shared/event/topics.ts';
import { createLogger, type Logger } from '@forpost/shared/logging.ts';
import { restoreAcknowledgements } from '../alarms/restored-acknowledgements.ts';
import { clusterOf } from '../config/kafka-cluster.ts';
import { loadCloud } from '../config/load.ts';
import { ClickHouseHistory, executorFor } from '../history/clickhouse/clickhouse-history.ts';
import { type GatewayRebuilt, type RebuiltEvent, RebuiltEvents } from '../history/clickhouse/rebuilt-events.ts';
import { migrate } from '../history/clickhouse/schema.ts';
import { ingestGroup } from '../ingest/ingest.ts';
import { type KafkaCluster, kafkaClient } from '../kafka/client.ts';
import { heldRanges, type PartitionRange, readRanges } from '../kafka/range-reader.ts';
import { eventOf } from '../kafka/records.ts';
import type { KafkaMessage } from '../kafka/types.ts';
import { IntervalSet } from '../ledger/interval-set.ts';
import { TopicOperationsLog } from '../operations/topic-log.ts';
import { membersOf, withKafkaReasons } from './cluster.ts';
import { registeredSites } from './registered-sites.ts';

export interface RebuildFigures {
  readonly name: 'rebuild';
  readonly at: string;
  readonly seconds: number;
  readonly metrics: {
    /** records read from Kafka */
    readonly read: number;
    /** different events among the records; all of them are in the history now */
    readonly stored: number;
    /** records that repeat an earlier one */
    readonly repeated: number;
    /**
     * records that hold no event, or name a site that was never their gateway's; ingest put them into the dead letters
     * when they first came
     */
    readonly unreadable: number;
    /** events that the history had and now has from Kafka */
    readonly replaced: number;
    /** events that the history had and Kafka no longer holds */
    readonly older: number;
    readonly events_before: number;
    readonly events_after: number;
  };
  readonly ranges: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly from: string;
    readonly to: string;
  }[];
}

/** events of one insert, all in memory meanwhile; large inserts cost least */
const insertEvents = 20_000;
const reportEveryMs = 2_000;

/** @throws ForpostError with what a person has to correct; `say` takes lines about the progress */
export async function rebuild(configFile: string, say: (line: string) => void): Promise<RebuildFigures> {
  const config = loadCloud(configFile);
  const logger = createLogger('rebuild', config.log_level ?? 'warn');
  const cluster = clusterOf(config, configFile);
  const executor = executorFor({ url: config.history?.url, folder: join(config.data, 'history') });
  await executor.open();
  try {
    await migrate(executor, systemClock.now());
    return await withKafkaReasons(cluster, async () => {
      const figures = await new Rebuild(cluster, new RebuiltEvents(executor, logger), systemClock, logger, say).run();
      const operations = new TopicOperationsLog(cluster, systemClock, logger);
      const history = new ClickHouseHistory({ executor, clock: systemClock, logger });
      const acknowledged = await restoreAcknowledgements(operations, history);
      say(`${acknowledged} acknowledgements of people noted again`);
      return figures;
    });
  } finally {
    await executor.close();
  }
}

class Rebuild {
  readonly #cluster: KafkaCluster;
  readonly #table: RebuiltEvents;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #report: (line: string) => void;
  /** numbers by lane */
  readonly #seen = new Map<string, IntervalSet>();
  #mayName: (gateway: string, site: string) => boolean = () => true;
  #waiting: RebuiltEvent[] = [];
  #read = 0;
  #unreadable = 0;
  #repeated = 0;
  #stored = 0;
  #total = 0;
  #reportedAt = 0;

  constructor(cluster: KafkaCluster, table: RebuiltEvents, clock: Clock, logger: Logger, say: (line: string) => void) {
    this.#cluster = cluster;
    this.#table = table;
    this.#clock = clock;
    this.#logger = logger;
    this.#report = say;
  }

  async run(): Promise<RebuildFigures> {
    const started = this.#clock.uptime();
    const at = rfc3339(this.#clock.now());
    await this.#refuseBesideCentre();
    const topics = lanes.map((lane) => laneTopic(this.#cluster.prefix, lane));
    const places = await this.#places(topics);
    const ranges = await heldRanges(kafkaClient(this.#cluster, 'rebuild', this.#logger), topics);
    this.#mayName = await registeredSites(this.#cluster, this.#clock, this.#logger);
    await this.#readAll(ranges);
    const { before, older } = await this.#keepOlder();
    await this.#refuseBesideCentre();
    if ((await this.#places(topics)) !== places)
      throw new ForpostError(
        'FORPOST_CENTRE_RUNNING',
        'a centre was at work during the rebuild, which may lack what that stored. Nothing was changed: run it again, with the centre stopped',
      );
    await this.#table.exchange();
    return {
      name: 'rebuild',
      at,
      seconds: Math.round(this.#clock.uptime() - started) / 1000,
      metrics: {
        read: this.#read,
        stored: this.#stored,
        repeated: this.#repeated,
        unreadable: this.#unreadable,
        replaced: before - older,
        older,
        events_before: before,
        events_after: this.#stored + older,
      },
      ranges: ranges.map(({ topic, partition, from, to }) => ({ topic, partition, from: `${from}`, to: `${to}` })),
    };
  }

  /** The offsets up to which the centre has stored Kafka's records; for comparison only. */
  async #places(topics: readonly string[]): Promise<string> {
    const admin = kafkaClient(this.#cluster, 'rebuild', this.#logger).admin();
    try {
      await admin.connect();
      const places = await admin.fetchOffsets({ groupId: ingestGroup(this.#cluster.prefix), topics: [...topics] });
      const texts = places.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => `${topic}/${partition}: ${offset}`),
      );
      return texts.sort().join('\n');
    } finally {
      await admin.disconnect();
    }
  }

  /** The lock of the data folder shows a running centre too, but not where the history is on a server. */
  async #refuseBesideCentre(): Promise<void> {
    const group = ingestGroup(this.#cluster.prefix);
    if ((await membersOf(this.#cluster, group, this.#logger)) === 0) return;
    throw new ForpostError(
      'FORPOST_CENTRE_RUNNING',
      `a centre reads the topics of "${this.#cluster.prefix}" now (group ${group}): stop it first; one that was killed is ` +
        'forgotten after some seconds. Nothing was changed',
    );
  }

  async #readAll(ranges: readonly PartitionRange[]): Promise<void> {
    this.#total = ranges.reduce((sum, { from, to }) => sum + Number(to - from), 0);
    this.#report(`Kafka holds ${this.#total} records in ${ranges.length} partitions`);
    await this.#table.begin();
    await readRanges({
      cluster: this.#cluster,
      name: 'rebuild',
      ranges,
      clock: this.#clock,
      random: Math.random,
      logger: this.#logger,
      handle: (messages) => this.#storeRecords(messages),
    });
    await this.#insert();
    this.#report(`${this.#read} records read, ${this.#stored} events stored beside the history`);
  }

  async #storeRecords(messages: readonly KafkaMessage[]): Promise<void> {
    const now = this.#clock.now();
    for (const message of messages) {
      this.#read++;
      const decoded = eventOf(message);
      if (!decoded.ok || !this.#mayName(decoded.event.gateway, decoded.event.site)) {
        this.#unreadable++;
        continue;
      }
      const { event } = decoded;
      const name = `${event.gateway}/${event.epoch}/${event.lane}`;
      const seen = this.#seen.get(name) ?? new IntervalSet();
      this.#seen.set(name, seen);
      const number = Number(event.sequence);
      if (seen.has(number)) {
        this.#repeated++;
        continue;
      }
      seen.add(number);
      this.#stored++;
      // the time of the record by the broker's clock: the same at each run, and never in the future
      const taken = Number(message.timestamp);
      this.#waiting.push({ event, storedMs: taken > 0 && taken < now ? taken : Math.trunc(now) });
    }
    if (this.#waiting.length >= insertEvents) await this.#insert();
    this.#print(`${this.#read} of ${this.#total} records read`);
  }

  async #insert(): Promise<void> {
    const events = this.#waiting;
    this.#waiting = [];
    await this.#table.insert(events);
  }

  async #keepOlder(): Promise<GatewayRebuilt> {
    const gateways = await this.#table.gateways();
    let [before, older] = [0, 0];
    for (const [index, gateway] of gateways.entries()) {
      const one = await this.#table.keepOlder(gateway);
      before += one.before;
      older += one.older;
      this.#print(`${index + 1} of ${gateways.length} gateways: what Kafka no longer has is copied`);
    }
    return { before, older };
  }

  #print(line: string): void {
    const now = this.#clock.uptime();
    if (now - this.#reportedAt < reportEveryMs) return;
    this.#reportedAt = now;
    this.#report(line);
  }
}
