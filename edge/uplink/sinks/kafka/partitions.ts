/**
 * Decides the number of partitions by which a gateway computes its partition: the number that the topic had when the
 * gateway first sent to it. A partition is the key's hash modulo that number, so a larger number would move the gateway
 * to another partition. Consumers could then read its newer events before its older ones, and a resend would land in
 * another partition than the original. Kafka never removes partitions, so the first partition remains valid.
 *
 * The supported way to grow is a new generation of topics under another prefix; this covers owners who added
 * partitions.
 *
 * Always: numbers remembered of another cluster do not count. Fewer partitions than remembered mean that the topic was
 * recreated; then there is no order to keep, and the new number counts.
 */
import { type Words, words } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

const seenPartitions = Compile(
  Type.Object({
    /** id of the cluster; `unknownCluster` if it could not be read */
    cluster: Type.String(),
    /** number of partitions by topic */
    topics: Type.Record(Type.String(), Type.Integer({ minimum: 1 })),
  }),
);

export interface SeenPartitions {
  readonly cluster: string;
  readonly topics: Readonly<Record<string, number>>;
}

/** The remembered numbers; undefined: `value` is of another kind or an older version. */
export function rememberedPartitions(value: unknown): SeenPartitions | undefined {
  return seenPartitions.Check(value) ? value : undefined;
}

/** An id that counts as equal to every other. */
export const unknownCluster = '';

export interface AddedPartitions {
  readonly topic: string;
  readonly was: number;
  readonly now: number;
}

export interface SettledPartitions {
  /** the numbers to compute partitions by, and to remember */
  readonly use: SeenPartitions;
  readonly added: readonly AddedPartitions[];
}

export function settlePartitions(remembered: SeenPartitions | undefined, seen: SeenPartitions): SettledPartitions {
  const clusters = [remembered?.cluster ?? unknownCluster, seen.cluster].filter((id) => id !== unknownCluster);
  const known = new Set(clusters).size <= 1 ? (remembered?.topics ?? {}) : {};
  const added: AddedPartitions[] = [];
  const topics: Record<string, number> = {};
  for (const [topic, now] of Object.entries(seen.topics)) {
    const was = known[topic] ?? now;
    topics[topic] = Math.min(was, now);
    if (now > was) added.push({ topic, was, now });
  }
  return { use: { cluster: clusters.at(-1) ?? unknownCluster, topics }, added };
}

export function addedInWords({ topic, was, now }: AddedPartitions): Words {
  return words('gateway/problem.partitions-added', { topic, was, now });
}
