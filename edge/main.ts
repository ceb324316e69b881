/**
 * The command line of the gateway: finds the command in the table (cli/commands.ts) and runs it.
 *
 * Always: a mistake of the user is printed in plain lines, without a stack, and ends with status 1; an unexpected error
 * keeps its stack. `forpost gateway` prints one JSON line {"ready": …} on standard output when everything is up.
 */
import { runCommandLine } from '@forpost/shared/cli/command.ts';
import { requireNode } from '@forpost/shared/node-version.ts';
import { gatewayCommands } from './cli/commands.ts';

requireNode();
await runCommandLine(gatewayCommands, process.argv.slice(2));
