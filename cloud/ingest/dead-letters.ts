/**
 * What nobody could process goes to `<prefix>.deadletter` as it came, with the reason in its headers, so that it can
 * be looked at and sent again, and blocks nothing meanwhile.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import { topic } from '@forpost/shared/event/topics.ts';
import type { SupervisedProducer } from './supervised-producer.ts';

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

/** What is kept of an original that is itself too large for a record. */
const keptBytes = 65_536;

/** Resolves when all of them are in the topic. @throws ForpostError FORPOST_SINK_UNREACHABLE */
export async function sendDeadLetters(
  producer: Pick<SupervisedProducer, 'send'>,
  prefix: string,
  poison: readonly PoisonRecord[],
): Promise<void> {
  const name = topic(prefix, 'deadletter');
  for (const { topic: from, partition, offset, key, reason, original } of poison) {
    const headers = { reason, topic: from, partition: String(partition), offset };
    try {
      await producer.send([{ topic: name, key, value: original, headers }]);
    } catch (error) {
      if (!(error instanceof ForpostError) || error.retryable) throw error;
      const shortened = { ...headers, 'original-bytes': String(original.length) };
      await producer.send([{ topic: name, key, value: original.subarray(0, keptBytes), headers: shortened }]);
    }
  }
}
