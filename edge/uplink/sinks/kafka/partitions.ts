/**
 * By how many partitions a gateway's own is computed when somebody has added some: by as many as there were when it
 * first sent to that topic. A key's partition is its hash modulo their number, so that the new number would put the
 * same gateway elsewhere: its newer events could be read before its older ones, and what it sends again after a cut
 * would land in another partition than the first time. Partitions are never taken away, so the old place stays.
 *
 * (The design grows by a new generation of a topic, under another prefix; this is for whoever did it otherwise.)
 *
 * Always: what is remembered of another cluster does not count; fewer than remembered means that the topic was made
 * anew: then there is no order to keep.
 */
import Type from 'typebox';
import { Compile } from 'typebox/compile';

const seenPartitions = Compile(
  Type.Object({
    /** the cluster's id; `unknownCluster` where it could not be asked for */
    cluster: Type.String(),
    /** partitions by topic */
    topics: Type.Record(Type.String(), Type.Integer({ minimum: 1 })),
  }),
);

export interface SeenPartitions {
  readonly cluster: string;
  readonly topics: Readonly<Record<string, number>>;
}

/** What the sink remembered, where it is of this kind. */
export function rememberedPartitions(value: unknown): SeenPartitions | undefined {
  return seenPartitions.Check(value) ? value : undefined;
}

/** Taken to be the same as any other. */
export const unknownCluster = '';

export interface AddedPartitions {
  readonly topic: string;
  readonly was: number;
  readonly now: number;
}

export interface SettledPartitions {
  /** to send by, and to remember */
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

export function addedInWords({ topic, was, now }: AddedPartitions): string {
  return `order is at risk: Kafka's topic ${topic} has ${now} partitions, and had ${was} when this gateway first sent to it. This gateway goes on by ${was}, so that its own events stay in order; begin a new generation of the topics (another prefix) to spread them anew`;
}
