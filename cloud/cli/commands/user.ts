/** `forpost cloud user …`: edits the users of the centre. A running centre applies a change at once. */
import { rm } from 'node:fs/promises';
import { type CommandArgument, type CommandOption, command } from '@forpost/shared/cli/command.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { createFile } from '@forpost/shared/files.ts';
import type { Role } from '@forpost/shared/http/login.ts';
import { randomPassword } from '@forpost/shared/password.ts';
import { isLanguage, languages } from '@forpost/shared/texts/language.ts';
import { type ConfigOption, configOption } from '../options.ts';

interface Password {
  readonly stdin?: boolean;
  readonly passwordFile?: string;
}

const longestLine = 2_000;

const nameArgument: CommandArgument = { name: '<name>', summary: 'log-in name' };
const passwordOptions: readonly CommandOption[] = [
  { flags: '--stdin', summary: 'take the password from the first line of standard input, instead of making one' },
  {
    flags: '--password-file <file>',
    summary: 'write the password that is made to this new file (0600), instead of printing it',
  },
];

export const userAdd = command<ConfigOption & Password & { role: Role }>({
  name: 'user add',
  summary: 'add a user; the password is printed once',
  arguments: [nameArgument],
  options: [
    configOption,
    ...passwordOptions,
    {
      flags: '--role <role>',
      summary: 'a viewer sees everything and changes nothing',
      choices: ['operator', 'viewer'],
      default: 'operator',
    },
  ],
  async run(options, name) {
    const [{ addUser }, folder] = await parts(options);
    const password = await passwordFor(options);
    await kept(password, options, () => addUser(folder, name, password, options.role));
    printPassword(`${name} (${options.role})`, password, options);
  },
});

export const userPassword = command<ConfigOption & Password>({
  name: 'user password',
  summary: 'give a person a new password; their sessions end',
  arguments: [nameArgument],
  options: [configOption, ...passwordOptions],
  async run(options, name) {
    const [{ changePassword }, folder] = await parts(options);
    const password = await passwordFor(options);
    await kept(password, options, () => changePassword(folder, name, password));
    printPassword(name, password, options);
  },
});

export const userRole = command<ConfigOption>({
  name: 'user role',
  summary: 'make a person a viewer or an operator',
  arguments: [nameArgument, { name: '<role>', summary: 'viewer or operator' }],
  options: [configOption],
  async run(options, name, role) {
    if (role !== 'viewer' && role !== 'operator')
      throw new ForpostError('FORPOST_ARGUMENT_INVALID', `"${role}" is no role: viewer or operator`);
    const [{ changeRole }, folder] = await parts(options);
    await changeRole(folder, name, role);
    process.stdout.write(`${name} is ${role} now\n`);
  },
});

export const userLanguage = command<ConfigOption>({
  name: 'user language',
  summary: 'choose the language in which a person reads the page',
  arguments: [nameArgument, { name: '<language>', summary: languages.join(' or ') }],
  options: [configOption],
  async run(options, name, language) {
    if (!isLanguage(language))
      throw new ForpostError('FORPOST_ARGUMENT_INVALID', `"${language}" is no language: ${languages.join(' or ')}`);
    const [{ changeLanguage }, folder] = await parts(options);
    await changeLanguage(folder, name, language);
    process.stdout.write(`${name} reads the page in ${language} from the next log-in on\n`);
  },
});

export const userRemove = command<ConfigOption>({
  name: 'user remove',
  summary: 'remove a user; their sessions end',
  arguments: [nameArgument],
  options: [configOption],
  async run(options, name) {
    const [{ removeUser }, folder] = await parts(options);
    await removeUser(folder, name);
    process.stdout.write(`${name} is removed, and logged out\n`);
  },
});

export const userList = command<ConfigOption>({
  name: 'user list',
  summary: 'list who may log in, with their roles',
  options: [configOption],
  async run(options) {
    const [{ listUsers }, folder] = await parts(options);
    for (const [name, { role }] of await listUsers(folder)) process.stdout.write(`${name}\t${role}\n`);
  },
});

async function parts({ config }: ConfigOption) {
  const [edit, { loadCloud }] = await Promise.all([
    import('../../access/edit-users.ts'),
    import('../../config/load.ts'),
  ]);
  return [edit, loadCloud(config).data] as const;
}

async function passwordFor({ stdin }: Password): Promise<string> {
  if (stdin !== true) return randomPassword();
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.includes('\n') || text.length > longestLine) break;
  }
  process.stdin.destroy();
  const password = (text.split('\n')[0] ?? '').replace(/\r$/, '');
  if (password === '')
    throw new ForpostError('FORPOST_ARGUMENT_INVALID', 'standard input has no password: write it as the first line');
  return password;
}

/**
 * Writes the password into its file before `change` makes it valid, so that it is never lost. An existing file is refused,
 * because other users may be able to read it.
 */
async function kept(password: string, { stdin, passwordFile }: Password, change: () => Promise<void>): Promise<void> {
  const file = stdin === true ? undefined : passwordFile;
  if (file !== undefined && !(await createFile(file, `${password}\n`)))
    throw new ForpostError('FORPOST_ARGUMENT_INVALID', `${file} exists already: name a new file`);
  try {
    await change();
  } catch (error) {
    if (file !== undefined) await rm(file, { force: true });
    throw error;
  }
}

function printPassword(who: string, password: string, { stdin, passwordFile }: Password): void {
  if (stdin === true) {
    process.stdout.write(`${who}: the new password counts at once\n`);
    return;
  }
  if (passwordFile === undefined) {
    process.stdout.write(`${who}: ${password}\nIt is shown only now, and counts at once.\n`);
    return;
  }
  process.stdout.write(`${who}: the password is in ${passwordFile}, and counts at once\n`);
}
