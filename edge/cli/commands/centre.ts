/** `forpost centre …`: the links of a running gateway to its centre. */
import { type CommandOption, command } from '@forpost/shared/cli/command.ts';
import { type ConfigOption, configOption } from '../options.ts';

interface JsonOption {
  readonly json?: boolean;
}

const json: CommandOption = { flags: '--json', summary: 'print JSON, a document a line' };

export const centreShow = command<ConfigOption & JsonOption>({
  name: 'centre show',
  summary: 'show how the running gateway is linked to its centre, and when events last arrived',
  options: [configOption, json],
  async run({ config, ...options }) {
    const { show } = await import('../centre.ts');
    await show(config, options);
  },
});

export const centreTry = command<ConfigOption & JsonOption>({
  name: 'centre try',
  summary: 'try the link to the centre step by step: name, connection, TLS, log-in, answer; no event is sent',
  arguments: [{ name: '[name]', summary: 'name of the uplink; default: all of them' }],
  options: [configOption, json],
  async run({ config, ...options }, name?: string) {
    const { tryLinks } = await import('../centre.ts');
    await tryLinks(config, name, options);
  },
});
