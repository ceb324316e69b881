/** `forpost pair …`: the pairing window of the running gateway. */
import { type CommandOption, command } from '@forpost/shared/cli/command.ts';
import { type ConfigOption, configOption } from '../options.ts';
import type { AcceptOptions } from '../pair.ts';

interface JsonOption {
  readonly json?: boolean;
}

const json: CommandOption = { flags: '--json', summary: 'print JSON, a document a line' };

export const pairOpen = command<ConfigOption & JsonOption & { minutes: string }>({
  name: 'pair open',
  summary: 'open the pairing window, and show unknown clients as they come until it ends (the default)',
  isDefault: true,
  options: [
    configOption,
    { flags: '--minutes <n>', summary: 'how long the window stays open, 1 to 30', default: '5' },
    json,
  ],
  async run({ config, ...options }) {
    const { open } = await import('../pair.ts');
    await open(config, options);
  },
});

export const pairList = command<ConfigOption & JsonOption>({
  name: 'pair list',
  summary: 'list the unknown clients of the open window, with what they send',
  options: [configOption, json],
  async run({ config, ...options }) {
    const { list } = await import('../pair.ts');
    await list(config, options);
  },
});

export const pairAccept = command<ConfigOption & AcceptOptions>({
  name: 'pair accept',
  summary: 'take an unknown client in as a device or bridge of the site',
  arguments: [{ name: '<number>', summary: 'number of the client, as the list shows it' }],
  options: [
    configOption,
    { flags: '--name <name>', summary: 'name for people', required: true },
    { flags: '--id <id>', summary: 'id of the device; default: made of the name' },
    { flags: '--place <place>', summary: 'where it is' },
    { flags: '--decoder <name>', summary: 'decoder; default: the one that is surest' },
    { flags: '--topic <topic>', summary: 'what it calls itself in its topics; default: as recognised' },
    { flags: '--bridge', summary: 'take it in as a bridge, which speaks for many devices; default: as recognised' },
    { flags: '--no-bridge', summary: 'take it in as a device, even where it has named others' },
    {
      flags: '--log-in <which>',
      summary: 'own: what it came with; made: a new password, which is printed once',
      choices: ['own', 'made'],
    },
    json,
  ],
  async run({ config, ...options }, number) {
    const { accept } = await import('../pair.ts');
    await accept(config, number, options);
  },
});

export const pairIgnore = command<ConfigOption>({
  name: 'pair ignore',
  summary: 'disconnect an unknown client, and refuse it until the window ends',
  arguments: [{ name: '<number>', summary: 'number of the client, as the list shows it' }],
  options: [configOption],
  async run({ config }, number) {
    const { ignore } = await import('../pair.ts');
    await ignore(config, number);
  },
});

export const pairClose = command<ConfigOption>({
  name: 'pair close',
  summary: 'close the pairing window',
  options: [configOption],
  async run({ config }) {
    const { close } = await import('../pair.ts');
    await close(config);
  },
});
