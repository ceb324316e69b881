/** `forpost cloud move`: assigns a gateway to another site. */
import { command } from '@forpost/shared/cli/command.ts';
import { type ConfigOption, configOption } from '../options.ts';

export const move = command<ConfigOption & { gateway: string; site: string }>({
  name: 'move',
  summary: 'assign a gateway to another site, after the gateway was moved or its site was renamed',
  options: [
    { flags: '--gateway <id>', summary: 'id of the gateway', required: true },
    { flags: '--site <id>', summary: 'id of its site, as its site.yaml names it', required: true },
    configOption,
  ],
  async run({ config, gateway, site }) {
    const { moveGateway } = await import('../../jobs/move.ts');
    await moveGateway(config, gateway, site, 'command line');
    process.stdout.write(`the gateway ${gateway} belongs to the site ${site}\n`);
    process.exit(0);
  },
});
