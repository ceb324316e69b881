/**
 * Asks Kafka for metadata of topics by name. kafkajs treats an answer about all topics as an error when any of them has no
 * leader at that moment, even a foreign one or a new one of Kafka's own.
 */

export interface TopicDescription<Partition> {
  readonly name: string;
  readonly partitions: readonly Partition[];
}

/** The part of kafkajs' admin client that this file needs. */
export interface MetadataSource<Partition> {
  fetchTopicMetadata(wanted: { topics: string[] }): Promise<{ topics: TopicDescription<Partition>[] }>;
}

/** A broker with ACLs hides topics that a user may not see. */
const absent = ['UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_AUTHORIZATION_FAILED'];

/** Describes the existing topics, and names the others. @throws the errors of kafkajs, except those for missing topics */
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

/** Kafka's name of the error behind a kafkajs error; empty when there is none. */
export function typeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause)
    if ('type' in at && typeof at.type === 'string' && at.cause === undefined) return at.type;
  return '';
}
