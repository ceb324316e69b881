/** `forpost cloud metrics-token`: the token for a Prometheus that reads /metrics. */
import { command } from '@forpost/shared/cli/command.ts';
import { type ConfigOption, configOption } from '../options.ts';

export const metricsToken = command<ConfigOption>({
  name: 'metrics-token',
  summary: 'print the token that reads /metrics and nothing else; makes it where there is none',
  options: [configOption],
  async run({ config }) {
    const [{ loadCloud }, { metricsTokenOf }] = await Promise.all([
      import('../../config/load.ts'),
      import('../../api/listener.ts'),
    ]);
    process.stdout.write(`${await metricsTokenOf(loadCloud(config)).read()}\n`);
  },
});
