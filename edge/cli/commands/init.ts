/** `forpost init FOLDER`: the configuration of a new gateway. */
import { command } from '@forpost/shared/cli/command.ts';

export const init = command<{ gateway?: string; site?: string; timezone?: string }>({
  name: 'init',
  summary: 'write the configuration of a new gateway into a folder, ready to start',
  arguments: [{ name: '<folder>', summary: 'folder for gateway.yaml, site.yaml and secrets.yaml' }],
  options: [
    { flags: '--gateway <id>', summary: 'id of the gateway, which never changes (default: a random id)' },
    { flags: '--site <id>', summary: 'id of the site (default: from the folder’s name)' },
    { flags: '--timezone <zone>', summary: 'time zone of the site, such as Europe/Berlin (default: this machine’s)' },
  ],
  async run(options, folder) {
    const { init: makeFiles } = await import('../init.ts');
    const lines = await makeFiles(folder, { ...options, terminal: process.stdout.isTTY === true });
    process.stdout.write(`${lines.join('\n')}\n`);
  },
});
