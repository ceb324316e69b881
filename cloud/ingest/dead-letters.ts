/**
 * What nobody could process goes to `<prefix>.deadletter` as it came, with the reason in its headers, so that it can
 * be looked at and sent again, and blocks nothing meanwhile.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import { topic } from '@forpost/shared/event/topics.ts';
import type { ProducedRecord, SupervisedProducer } from './supervised-producer.ts';

export interface PoisonRecord {
  /** full name of the topic it stood in */
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** the record's key: the gateway that sent it; '' where there is none */
  readonly key: string;
  readonly reason: string;
  /** an event of this id with other content is stored: two histories under one name */
  readonly conflict?: boolean;
  readonly original: Buffer;
}

/** What is kept of an original that is itself too large for a record, and of a key that is none of a gateway. */
const keptBytes = 65_536;
const longestKey = 256;
const longestReason = 1_000;
/** Of one send: well below what a broker takes at once. */
const bytesAtOnce = 262_144;
const lettersAtOnce = 1_000;

/** Resolves when all of them are in the topic. @throws ForpostError FORPOST_SINK_UNREACHABLE */
export async function sendDeadLetters(
  producer: Pick<SupervisedProducer, 'send'>,
  prefix: string,
  poison: readonly PoisonRecord[],
): Promise<void> {
  const name = topic(prefix, 'deadletter');
  for (const some of inParts(poison))
    try {
      await producer.send(some.map((record) => letterOf(name, record)));
    } catch (error) {
      if (isWorthTrying(error)) throw error;
      for (const record of some) await sendAlone(producer, name, record);
    }
}

async function sendAlone(producer: Pick<SupervisedProducer, 'send'>, name: string, record: PoisonRecord) {
  try {
    await producer.send([letterOf(name, record)]);
  } catch (error) {
    if (isWorthTrying(error)) throw error;
    await producer.send([letterOf(name, record, keptBytes)]);
  }
}

function letterOf(name: string, record: PoisonRecord, mostBytes = Number.POSITIVE_INFINITY): ProducedRecord {
  const { topic: from, partition, offset, key, reason, original } = record;
  const headers = { reason: reason.slice(0, longestReason), topic: from, partition: String(partition), offset };
  const whole = original.length <= mostBytes;
  return {
    ...{ topic: name, key: key.slice(0, longestKey) },
    value: whole ? original : original.subarray(0, mostBytes),
    headers: whole ? headers : { ...headers, 'original-bytes': String(original.length) },
  };
}

function isWorthTrying(error: unknown): boolean {
  return !(error instanceof ForpostError) || error.retryable;
}

function* inParts(poison: readonly PoisonRecord[]): Generator<readonly PoisonRecord[]> {
  let part: PoisonRecord[] = [];
  let bytes = 0;
  for (const record of poison) {
    if (part.length === lettersAtOnce || (part.length > 0 && bytes + record.original.length > bytesAtOnce)) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(record);
    bytes += record.original.length;
  }
  if (part.length > 0) yield part;
}
