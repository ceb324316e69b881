/**
 * What Kafka says of some topics, asked for by their names. An answer about all topics is an error to kafkajs as soon as
 * any of them has no leader at that moment: somebody else's, or a new one of Kafka's own.
 */

export interface TopicDescription<Partition> {
  readonly name: string;
  readonly partitions: readonly Partition[];
}

/** kafkajs' admin client, as far as it is needed here. */
export interface MetadataSource<Partition> {
  fetchTopicMetadata(wanted: { topics: string[] }): Promise<{ topics: TopicDescription<Partition>[] }>;
}

/** A broker with ACLs hides what a user may not see. */
const absent = ['UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_AUTHORIZATION_FAILED'];

/** Those of the topics that are there, and the names of the others. @throws what kafkajs throws, but not for those */
export async function describeTopics<Partition>(
  admin: MetadataSource<Partition>,
  wanted: readonly string[],
): Promise<{ readonly topics: readonly TopicDescription<Partition>[]; readonly missing: readonly string[] }> {
  const all = await orMissing(admin.fetchTopicMetadata({ topics: [...wanted] }));
  if (all !== undefined) return { topics: all.topics, missing: [] };
  const topics: TopicDescription<Partition>[] = [];
  const missing: string[] = [];
  for (const name of wanted) {
    const one = await orMissing(admin.fetchTopicMetadata({ topics: [name] }));
    if (one === undefined) missing.push(name);
    else topics.push(...one.topics);
  }
  return { topics, missing };
}

async function orMissing<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (absent.includes(typeOf(error))) return undefined;
    throw error;
  }
}

/** Kafka's own name of the error behind what kafkajs threw; empty where it has none. */
export function typeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause)
    if ('type' in at && typeof at.type === 'string' && at.cause === undefined) return at.type;
  return '';
}
