/** `forpost cloud user add|password|role|remove|list`: who may log in to the centre. A running one takes it at once. */
import { rm } from 'node:fs/promises';
import { ForpostError } from '@forpost/shared/errors.ts';
import { createFile } from '@forpost/shared/files.ts';
import type { Role } from '@forpost/shared/http/login.ts';
import { randomPassword } from '@forpost/shared/password.ts';
import { type Command, Option } from 'commander';

interface Config {
  readonly config: string;
}
interface Password {
  readonly stdin?: boolean;
  readonly passwordFile?: string;
}

const longestLine = 2_000;

/** Adds the commands to `forpost cloud`. */
export function addUserCommands(program: Command): void {
  const user = program.command('user').description('who may log in to the centre');
  const command = (name: string, words: string) =>
    user.command(name).description(words).requiredOption('-c, --config <file>', 'the centre’s file: cloud.yaml');
  const withPassword = (one: Command) =>
    one
      .option('--stdin', 'take the password from the first line of standard input, instead of making one')
      .option('--password-file <file>', 'write the password that is made to this file (0600), instead of printing it');

  withPassword(command('add', 'add a user; the password is shown once').argument('<name>'))
    .addOption(
      new Option('--role <role>', 'viewer sees everything and changes nothing')
        .choices(['operator', 'viewer'])
        .default('operator'),
    )
    .action(async (name: string, options: Config & Password & { role: Role }) => {
      const [{ addUser }, folder] = await parts(options);
      const password = await passwordFor(options);
      await kept(password, options, () => addUser(folder, name, password, options.role));
      tell(`${name} (${options.role})`, password, options);
    });
  withPassword(command('password', 'give a person a new password; their sessions end').argument('<name>')).action(
    async (name: string, options: Config & Password) => {
      const [{ changePassword }, folder] = await parts(options);
      const password = await passwordFor(options);
      await kept(password, options, () => changePassword(folder, name, password));
      tell(name, password, options);
    },
  );
  command('role', 'make a person a viewer or an operator')
    .argument('<name>')
    .argument('<role>', 'viewer or operator')
    .action(async (name: string, role: string, options: Config) => {
      if (role !== 'viewer' && role !== 'operator')
        throw new ForpostError('FORPOST_CONFIG_INVALID', `"${role}" is no role: viewer or operator`);
      const [{ changeRole }, folder] = await parts(options);
      await changeRole(folder, name, role);
      process.stdout.write(`${name} is ${role} now\n`);
    });
  command('remove', 'remove a user; their sessions end')
    .argument('<name>')
    .action(async (name: string, options: Config) => {
      const [{ removeUser }, folder] = await parts(options);
      await removeUser(folder, name);
      process.stdout.write(`${name} is removed, and logged out\n`);
    });
  command('list', 'list who may log in, with their roles').action(async (options: Config) => {
    const [{ listUsers }, folder] = await parts(options);
    for (const [name, { role }] of await listUsers(folder)) process.stdout.write(`${name}\t${role}\n`);
  });
}

async function parts({ config }: Config) {
  const [edit, { loadCloud }] = await Promise.all([import('./edit-users.ts'), import('../config/load.ts')]);
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
    throw new ForpostError('FORPOST_CONFIG_INVALID', 'standard input has no password: write it as the first line');
  return password;
}

/** In a file of its own before it counts, so that it is never lost; one that is there already may be anybody's to read. */
async function kept(password: string, { stdin, passwordFile }: Password, change: () => Promise<void>): Promise<void> {
  const file = stdin === true ? undefined : passwordFile;
  if (file !== undefined && !(await createFile(file, `${password}\n`)))
    throw new ForpostError('FORPOST_CONFIG_INVALID', `${file} is there already: name a file that is not`);
  try {
    await change();
  } catch (error) {
    if (file !== undefined) await rm(file, { force: true });
    throw error;
  }
}

function tell(who: string, password: string, { stdin, passwordFile }: Password): void {
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
