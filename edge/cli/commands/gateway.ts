/** `forpost gateway`: runs a gateway until SIGTERM. */
import { command } from '@forpost/shared/cli/command.ts';
import { stopWithParent } from '@forpost/shared/run.ts';
import { type ConfigOption, configOption } from '../options.ts';

export const gateway = command<ConfigOption>({
  name: 'gateway',
  summary: 'run the gateway of a site; prints {"ready": …} once everything is up',
  options: [configOption],
  async run({ config }) {
    stopWithParent();
    const { runGateway } = await import('../run-gateway.ts');
    await runGateway(config);
  },
});
