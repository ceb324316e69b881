/** Signed commands: people send them, gateways wait for them in a long poll, and their results come as events. */
import type { CapabilityKind } from '../api/capability.ts';
import type { Commands } from './commands.ts';
import { addCommandPoll } from './poll.ts';
import { addCommandRoutes, type CommandRouteServices } from './routes.ts';

export interface CommandServices extends CommandRouteServices {
  readonly commands: Pick<Commands, 'poll' | 'recent' | 'publicKey' | 'stored' | 'start' | 'stop'>;
}

export const commands: CapabilityKind<CommandServices> = {
  name: 'commands',
  create: (services) => ({
    routes: (api, caller) => addCommandRoutes(api, caller, services),
    gatewayRoutes: (app, gatewayOf) => addCommandPoll(app, services.commands, gatewayOf),
    part: services.commands,
    stored: (events) => services.commands.stored(events),
  }),
};
