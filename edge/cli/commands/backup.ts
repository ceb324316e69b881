/** `forpost backup FILE` and `forpost restore FILE FOLDER`: a gateway in one encrypted file, and the same gateway on another box. */
import { type CommandOption, command } from '@forpost/shared/cli/command.ts';
import { type ConfigOption, configOption } from '../options.ts';
import type { PassphraseOptions } from '../passphrase.ts';

const passphraseOptions: readonly CommandOption[] = [
  { flags: '--passphrase-file <file>', summary: 'file with the passphrase (-: standard input; default: typed)' },
  { flags: '--passphrase-env <name>', summary: 'environment variable with the passphrase' },
];

export const backup = command<ConfigOption & PassphraseOptions & { replace?: boolean }>({
  name: 'backup',
  summary: 'write configuration, secrets, keys and unsent events into one encrypted file, also while the gateway runs',
  arguments: [{ name: '<file>', summary: 'the new file, such as gw-1.tar.age (-: standard output)' }],
  options: [configOption, ...passphraseOptions, { flags: '--replace', summary: 'write over an existing file' }],
  async run(options, file) {
    const { runBackup } = await import('../backup.ts');
    await runBackup(file, options);
  },
});

export const restore = command<
  PassphraseOptions & { data?: string; replace?: boolean; check?: boolean; json?: boolean }
>({
  name: 'restore',
  summary: 'make a gateway of a backup, on this box: the same gateway id, in place of the old box',
  arguments: [
    { name: '<file>', summary: 'the backup' },
    { name: '[folder]', summary: 'a new or empty folder for gateway.yaml and the files beside it' },
  ],
  options: [
    ...passphraseOptions,
    { flags: '--data <folder>', summary: 'the data folder, written into gateway.yaml (default: as it says)' },
    { flags: '--replace', summary: 'rename a folder that has something in it, and take its place' },
    { flags: '--check', summary: 'only check the backup and list what is in it' },
    { flags: '--json', summary: 'print what was restored as one JSON document' },
  ],
  async run(options, file, folder) {
    const { runRestore } = await import('../backup.ts');
    await runRestore(file, folder, options);
  },
});
