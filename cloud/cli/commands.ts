/** The commands of `forpost cloud`. A new command is one file in commands/ and one line here. */
import type { CommandTable } from '@forpost/shared/cli/command.ts';
import { check } from './commands/check.ts';
import { gatewayAllow, gatewayList, gatewayRefuse, gatewayRemove, gatewayToken } from './commands/gateway.ts';
import { key } from './commands/key.ts';
import { metricsToken } from './commands/metrics-token.ts';
import { move } from './commands/move.ts';
import { rebuild } from './commands/rebuild.ts';
import { replay } from './commands/replay.ts';
import { run } from './commands/run.ts';
import { schema } from './commands/schema.ts';
import { topics } from './commands/topics.ts';
import { userAdd, userLanguage, userList, userPassword, userRemove, userRole } from './commands/user.ts';

export const centreCommands: CommandTable = {
  program: 'forpost cloud',
  summary: 'Forpost’s centre: takes the events of all gateways, keeps their history and notifies people',
  groups: {
    user: 'people who may log in to the centre; a running centre takes a change at once',
    gateway: 'gateways that may send to the receiver, and their tokens',
  },
  commands: [
    run,
    check,
    schema,
    topics,
    key,
    metricsToken,
    userAdd,
    userPassword,
    userRole,
    userLanguage,
    userRemove,
    userList,
    gatewayToken,
    gatewayRefuse,
    gatewayAllow,
    gatewayRemove,
    gatewayList,
    move,
    rebuild,
    replay,
  ],
};
