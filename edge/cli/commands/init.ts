/** `forpost init FOLDER`: the configuration of a new gateway. */
import { command } from '@forpost/shared/cli/command.ts';

export const init = command<{ gateway?: string; site?: string; timezone?: string }>({
  name: 'init',
  summary: 'make the configuration of a new gateway in a folder, ready to start',
  arguments: [{ name: '<folder>', summary: 'folder for gateway.yaml, site.yaml and secrets.yaml' }],
  options: [
    { flags: '--gateway <id>', summary: 'id of the gateway, which never changes (default: a random one)' },
    { flags: '--site <id>', summary: 'id of the site (default: made of the folder’s name)' },
    { flags: '--timezone <zone>', summary: 'time zone of the site, as Europe/Berlin (default: that of this machine)' },
  ],
  async run(options, folder) {
    const { init: makeFiles } = await import('../init.ts');
    const lines = await makeFiles(folder, { ...options, terminal: process.stdout.isTTY === true });
    process.stdout.write(`${lines.join('\n')}\n`);
  },
});
