/**
 * `forpost cloud replay`: reads events of one gateway in Kafka by number or by time and puts them into their topic again,
 * marked as replayed. A running centre takes them like new events: it stores those that its history lacks, stores none
 * twice, and causes no notification of an alert again.
 *
 * Always: no cursor and no committed offset moves. Only records that stood in Kafka at the start are read, so the job
 * never reads its own. Each event is put in once, byte for byte as it came. A killed job can be run again.
 */
import { systemClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { eventContentType, replayHeader, rfc3339 } from '@forpost/shared/event/codec.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { isId, isLane, lanes } from '@forpost/shared/event/ids.ts';
import { laneTopic } from '@forpost/shared/event/topics.ts';
import { createLogger } from '@forpost/shared/logging.ts';
import { clusterOf } from '../config/kafka-cluster.ts';
import { loadCloud } from '../config/load.ts';
import { kafkaClient } from '../kafka/client.ts';
import { heldRanges, readRanges } from '../kafka/range-reader.ts';
import { eventOf } from '../kafka/records.ts';
import { SupervisedProducer } from '../kafka/supervised-producer.ts';
import type { KafkaMessage } from '../kafka/types.ts';
import { IntervalSet } from '../ledger/interval-set.ts';
import { withKafkaReasons } from './cluster.ts';

export interface ReplayOptions {
  readonly gateway: string;
  /** default: both */
  readonly lane?: string;
  readonly epoch?: string;
  /** both inclusive: sequence numbers, or times as RFC 3339, compared with `received` */
  readonly from?: string;
  readonly to?: string;
}

export interface ReplayFigures {
  readonly name: 'replay';
  readonly at: string;
  readonly seconds: number;
  readonly metrics: { readonly read: number; readonly matching: number; readonly replayed: number };
}

/** Whether the options ask for an event. @throws ForpostError FORPOST_ARGUMENT_INVALID for senseless options */
export function replayFilter(options: ReplayOptions): (event: ForpostEvent) => boolean {
  const { gateway, lane, epoch, from, to } = options;
  if (!isId(gateway)) throw wrong(`"${gateway}" is not the id of a gateway`);
  if (lane !== undefined && !isLane(lane)) throw wrong(`"${lane}" is not a lane: alerts or telemetry`);
  if (epoch !== undefined && !isId(epoch)) throw wrong(`"${epoch}" is not an epoch`);
  const bounds = [from, to].filter((bound) => bound !== undefined);
  const byNumber = bounds.every((bound) => /^[0-9]{1,16}$/.test(bound));
  if (!byNumber && bounds.some((bound) => /^[0-9]+$/.test(bound) || Number.isNaN(Date.parse(bound))))
    throw wrong('--from and --to are both numbers, or both times such as 2026-01-31T12:00:00Z');
  const value = byNumber ? Number : Date.parse;
  const first = from === undefined ? Number.NEGATIVE_INFINITY : value(from);
  const last = to === undefined ? Number.POSITIVE_INFINITY : value(to);
  if (first > last) throw wrong(`--from ${from} is behind --to ${to}`);
  return (event) => {
    if (event.gateway !== gateway || (lane ?? event.lane) !== event.lane || (epoch ?? event.epoch) !== event.epoch)
      return false;
    const at = byNumber ? Number(event.sequence) : Date.parse(event.received);
    return at >= first && at <= last;
  };
}

/** @throws ForpostError with what a person has to correct; `say` takes lines about the progress */
export async function replay(
  configFile: string,
  options: ReplayOptions,
  say: (line: string) => void,
): Promise<ReplayFigures> {
  const isWanted = replayFilter(options);
  const config = loadCloud(configFile);
  const cluster = clusterOf(config, configFile);
  const [clock, logger] = [systemClock, createLogger('replay', config.log_level ?? 'warn')];
  const started = clock.uptime();
  const at = rfc3339(clock.now());
  const topics = lanes.filter((lane) => (options.lane ?? lane) === lane).map((lane) => laneTopic(cluster.prefix, lane));
  const producer = new SupervisedProducer(cluster, 'replay', clock, logger);
  /** replayed numbers by lane: Kafka holds an event as often as it was sent */
  const done = new Map<string, IntervalSet>();
  let replayed = 0;
  let read = 0;
  let matching = 0;
  let reportedAt = clock.uptime();

  const handle = async (messages: readonly KafkaMessage[], topic: string) => {
    read += messages.length;
    const wanted = messages.flatMap((message) => {
      const { value } = message;
      const decoded = eventOf(message);
      if (value === null || !decoded.ok || !isWanted(decoded.event)) return [];
      matching++;
      const { epoch, lane, sequence } = decoded.event;
      const numbers = done.get(`${epoch}/${lane}`) ?? new IntervalSet();
      done.set(`${epoch}/${lane}`, numbers);
      if (numbers.has(Number(sequence))) return [];
      numbers.add(Number(sequence));
      return [value];
    });
    await producer.send(wanted.map((value) => ({ topic, key: options.gateway, value, headers })));
    replayed += wanted.length;
    if (clock.uptime() - reportedAt < reportEveryMs) return;
    reportedAt = clock.uptime();
    say(`${read} records read, ${replayed} events replayed`);
  };

  return withKafkaReasons(cluster, async () => {
    // all partitions: the gateway or a receiver may have computed its partition from another number of them
    const ranges = await heldRanges(kafkaClient(cluster, 'replay', logger), topics);
    await producer.start();
    try {
      await readRanges({ cluster, name: 'replay', ranges, handle, clock, random: Math.random, logger });
    } finally {
      await producer.stop();
    }
    const seconds = Math.round(clock.uptime() - started) / 1000;
    return { name: 'replay', at, seconds, metrics: { read, matching, replayed } };
  });
}

const headers = { 'content-type': eventContentType, [replayHeader]: '1' };
const reportEveryMs = 2_000;

function wrong(message: string): ForpostError {
  return new ForpostError('FORPOST_ARGUMENT_INVALID', message);
}
