/** `forpost cloud --config FILE`: runs the centre until SIGTERM. */
import { command } from '@forpost/shared/cli/command.ts';
import { stopWithParent } from '@forpost/shared/run.ts';
import { type ConfigOption, configOption } from '../options.ts';

export const run = command<ConfigOption>({
  name: 'run',
  summary: 'run the centre: ingest, history, notifications, API and page; the word "run" may be left out',
  isDefault: true,
  options: [configOption],
  async run({ config }) {
    stopWithParent();
    const { runService } = await import('../../service.ts');
    await runService(config);
  },
});
