/**
 * Runs a program of the system and returns what it printed.
 *
 * Always: the program is not run through a shell, ends within `deadlineMs` (SIGKILL), and prints 1 MB at most. A
 * program that fails but printed something has answered: smartctl reports a failing disk by its exit status.
 */
import { execFile } from 'node:child_process';

/** undefined: the program is not there, or printed nothing. */
export type Run = (program: string, args: readonly string[]) => Promise<string | undefined>;

/** smartctl waits for a busy disk; the slowest answer of a working disk took 8 s. */
const deadlineMs = 15_000;
const mostBytes = 1_048_576;
/** Folders of programs for administrators, which a service's PATH may lack. */
const folders = '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin';

export const run: Run = (program, args) =>
  new Promise((resolve) => {
    const env = { ...process.env, LC_ALL: 'C', PATH: `${process.env.PATH ?? ''}:${folders}` };
    const options = { timeout: deadlineMs, killSignal: 'SIGKILL', maxBuffer: mostBytes, env } as const;
    execFile(program, [...args], options, (_error, stdout) => resolve(stdout === '' ? undefined : stdout));
  });
