/**
 * The command line of the centre (`forpost cloud …`): finds the command in the table (cli/commands.ts) and runs it.
 *
 * Always: a mistake of the user is printed in plain lines and ends with status 1; `forpost cloud --config FILE` prints
 * one JSON line {"ready": …} on standard output when everything is up; the first log-in goes to a terminal or a file of
 * its own, at the very first start.
 */
import { runCommandLine } from '@forpost/shared/cli/command.ts';
import { requireNode } from '@forpost/shared/node-version.ts';
import { centreCommands } from './cli/commands.ts';

requireNode();
const words = process.argv.slice(2);
// `forpost cloud …` comes with the word itself, a start of this file without it
await runCommandLine(centreCommands, words[0] === 'cloud' ? words.slice(1) : words);
