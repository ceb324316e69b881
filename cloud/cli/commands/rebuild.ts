/** `forpost cloud rebuild`: builds the history again from Kafka. */
import { command } from '@forpost/shared/cli/command.ts';
import { type ConfigOption, configOption } from '../options.ts';

export const rebuild = command<ConfigOption>({
  name: 'rebuild',
  summary: 'build the history anew from what Kafka still holds; older events stay. The centre must be stopped',
  options: [configOption],
  async run({ config }) {
    const { rebuild: rebuildHistory } = await import('../../jobs/rebuild.ts');
    const figures = await rebuildHistory(config, (line) => process.stderr.write(`${line}\n`));
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    process.exit(0);
  },
});
