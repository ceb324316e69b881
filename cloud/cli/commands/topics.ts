/** `forpost cloud topics`: creates the topics in Kafka before the centre runs. */
import { command } from '@forpost/shared/cli/command.ts';
import { type ConfigOption, configOption } from '../options.ts';

export const topics = command<ConfigOption>({
  name: 'topics',
  summary: 'create the topics that Kafka lacks, as each start of the centre does, and end',
  options: [configOption],
  async run({ config }) {
    const { createTopics } = await import('../../jobs/topics.ts');
    for (const line of await createTopics(config)) process.stdout.write(`${line}\n`);
  },
});
