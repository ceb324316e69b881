/** The page of Kafka topics, from their plans. */
import { developmentPartitions, type TopicName, topicPlans } from '@forpost/shared/event/topics.ts';
import { code, madeBy, table } from './markdown.ts';

const dayMs = 86_400_000;

const contents: Readonly<Record<TopicName, string>> = {
  alerts: 'events of the lane alerts: each change of an alarm',
  telemetry: 'events of the lane telemetry: readings and everything else',
  status: 'the newest state of each gateway',
  commands: 'signed commands to gateways',
  registry: 'what people configured at the centre',
  operations: 'what people did and whom the centre notified',
  deadletter: 'records that cannot be processed, with the reason',
};

export function kafkaTopicsPage(): string {
  const rows = Object.entries(topicPlans).map(([name, { partitions, retentionMs, cleanup }]) => [
    code(`forpost.${name}`),
    contents[name as TopicName],
    String(partitions),
    retentionMs < 0 ? 'for ever' : `${retentionMs / dayMs} days`,
    code(cleanup),
  ]);
  return `# Kafka topics
${madeBy}

The centre creates these topics at its start, or by \`forpost cloud topics --config cloud.yaml\`. \`forpost\` is the \`prefix\` of [cloud.yaml](cloud-yaml.md) and of the gateways’ uplinks. With \`development: true\` each topic has ${developmentPartitions} partitions and one replica. The key of an event, a state or a command is the gateway’s id.

${table(['topic', 'content', 'partitions', 'kept', 'cleanup'], rows)}
`;
}
