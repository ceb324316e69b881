/** Prints the first log-in to a terminal; a log, a pipe or a journal gets only the name of the file that has it. */
import { rm } from 'node:fs/promises';
import type { FirstLogin } from './users.ts';

export async function printFirstLogin({ user, password, file }: FirstLogin): Promise<void> {
  if (!process.stdout.isTTY) {
    process.stdout.write(`log-in: ${user}; the password is in ${file} until it is changed\n`);
    return;
  }
  process.stdout.write(`log-in: ${user} / ${password}\n`);
  await rm(file, { force: true });
}
