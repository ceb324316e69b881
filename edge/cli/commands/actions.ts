/** `forpost actions …`: the actions of a running gateway. */
import { type CommandOption, command } from '@forpost/shared/cli/command.ts';
import { type ConfigOption, configOption } from '../options.ts';

interface JsonOption {
  readonly json?: boolean;
}

const json: CommandOption = { flags: '--json', summary: 'print one JSON document' };

export const actionsList = command<ConfigOption & JsonOption>({
  name: 'actions list',
  summary: 'list the actions of the running gateway, what they do, and whether they work',
  options: [configOption, json],
  async run({ config, ...options }) {
    const { list } = await import('../actions.ts');
    await list(config, options);
  },
});

export const actionsTry = command<ConfigOption & JsonOption>({
  name: 'actions try',
  summary: 'try an action of the running gateway with a marked test; no alarm is raised',
  arguments: [{ name: '<id>', summary: 'id of the action' }],
  options: [configOption, json],
  async run({ config, ...options }, id?: string) {
    const { tryAction } = await import('../actions.ts');
    await tryAction(config, id ?? '', options);
  },
});
