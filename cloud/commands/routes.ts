/** Commands for people: one is sent to a gateway, those of the last two days are listed, and the key that signs them. */

import { idParams, problem } from '@forpost/shared/http/schema.ts';
import type { Api, Caller } from '../api/capability.ts';
import type { Commands } from './commands.ts';
import type { CommandDesk } from './desk.ts';
import { commandSchema, commandsAnswer, commandsQuery, keyAnswer, orderBody } from './schemas.ts';

export interface CommandRouteServices {
  readonly commands: Pick<Commands, 'recent' | 'publicKey'>;
  readonly desk: Pick<CommandDesk, 'send' | 'validMs'>;
}

const defaultListed = 50;

export function addCommandRoutes(api: Api, caller: Caller, { commands, desk }: CommandRouteServices): void {
  api.post(
    '/api/v1/gateways/:id/commands',
    {
      config: { right: 'act' },
      schema: {
        summary: 'Sends a signed command to a gateway; answered when the commands topic has it',
        params: idParams,
        body: orderBody,
        response: {
          201: commandSchema,
          404: problem('no such gateway is known'),
          409: problem('the gateway takes no command of this centre'),
          429: problem('too many commands wait for this gateway: try again after `Retry-After` seconds'),
        },
      },
    },
    async (request, reply) => {
      const { kind, arguments: values = {}, valid_s: validS } = request.body;
      const view = await desk.send({
        gateway: request.params.id,
        kind,
        arguments: values,
        author: caller.person(request),
        validMs: validS === undefined ? desk.validMs(kind) : validS * 1000,
      });
      return reply.code(201).send(view);
    },
  );

  api.get(
    '/api/v1/gateways/:id/commands',
    {
      config: { right: 'see' },
      schema: {
        summary: 'The commands of the last two days to a gateway, newest first, and what became of them',
        params: idParams,
        querystring: commandsQuery,
        response: { 200: commandsAnswer },
      },
    },
    async ({ params: { id }, query: { limit = defaultListed } }) => ({ commands: await commands.recent(id, limit) }),
  );

  api.get(
    '/api/v1/commands/key',
    {
      config: { right: 'see' },
      schema: { summary: 'The key that gateways must trust to take commands', response: { 200: keyAnswer } },
    },
    async () => ({ id: commands.publicKey.id, key: commands.publicKey.text }),
  );
}
