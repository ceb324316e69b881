/**
 * Routes of the pairing window: see it, open and close it, take an unknown client in, ignore one. The page's server registers
 * them behind its log-in, the gateway's socket (socket.ts) for users of this machine.
 *
 * Always: the central history names who opened, closed, ignored or took in; a device that is taken in is a revision of
 * the site's document with its author. A refusal has changed nothing, and names the wrong field.
 */
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import type { FastifyRequest } from 'fastify';
import type Type from 'typebox';
import { type Pairing, standardMinutes } from '../devices/pairing/pairing.ts';
import type { Refusal } from '../devices/pairing/take-in.ts';
import type { Author } from '../site/revision.ts';
import {
  acceptAnswer,
  acceptBody,
  acceptRefusals,
  ignoreBody,
  openBody,
  type PairingView,
  pairingAnswer,
  replaceAnswer,
  replaceBody,
} from './schemas/pairing.ts';

export interface PairingDoor {
  readonly pairing: Pick<Pairing, 'open' | 'close' | 'ignore' | 'takeIn' | 'replace' | 'changes'>;
  readonly view: () => PairingView;
}

export interface PairingRouteParts extends PairingDoor {
  /** who sent the request */
  readonly authorOf: (request: FastifyRequest) => Author;
}

const see = { right: 'see' } as const;
const act = { right: 'act' } as const;

export function registerPairingRoutes(api: Api, { pairing, view, authorOf }: PairingRouteParts): void {
  api.get(
    '/api/v1/pairing',
    {
      config: see,
      schema: {
        summary: 'The pairing window, and the unknown clients that it shows',
        description: 'The stream (GET /api/v1/stream) sends the same as `pairing` at each change.',
        response: { 200: pairingAnswer },
      },
    },
    async () => view(),
  );
  api.post(
    '/api/v1/pairing/open',
    {
      config: act,
      schema: {
        summary: 'Opens the pairing window, or lets it stay open that long from now',
        description:
          'While it is open, clients with an unknown log-in may connect and are shown. They can do nothing else.',
        body: openBody,
        response: { 200: pairingAnswer },
      },
    },
    async (request) => {
      pairing.open(request.body.minutes ?? standardMinutes, authorOf(request).name);
      return view();
    },
  );
  api.post(
    '/api/v1/pairing/close',
    { config: act, schema: { summary: 'Closes the pairing window', response: { 200: pairingAnswer } } },
    async (request) => {
      pairing.close(authorOf(request).name);
      return view();
    },
  );
  api.post(
    '/api/v1/pairing/ignore',
    {
      config: act,
      schema: {
        summary: 'Disconnects an unknown client, and refuses it until the window ends',
        body: ignoreBody,
        response: { 200: pairingAnswer, 404: acceptRefusals[404], 409: acceptRefusals[409] },
      },
    },
    async (request) => {
      const refused = pairing.ignore(request.body.knocker, authorOf(request).name);
      if (refused !== undefined && 'refused' in refused) throw problemOf(refused);
      return view();
    },
  );
  registerAccept(api, { pairing, authorOf });
  registerReplace(api, { pairing, authorOf });
}

function registerAccept(api: Api, { pairing, authorOf }: Pick<PairingRouteParts, 'pairing' | 'authorOf'>): void {
  api.post(
    '/api/v1/pairing/accept',
    {
      config: act,
      schema: {
        summary: 'Takes an unknown client in as a device or bridge of the site',
        description:
          'It gets an entry in the site’s document and a credential, and is disconnected: it comes back by itself and logs in.',
        body: acceptBody,
        response: { 200: acceptAnswer, ...acceptRefusals },
      },
    },
    async (request) => {
      const { knocker, ...asked }: Type.Static<typeof acceptBody> = request.body;
      const result = await pairing.takeIn(knocker, asked, authorOf(request));
      if ('refused' in result) throw problemOf(result);
      return result;
    },
  );
}

function registerReplace(api: Api, { pairing, authorOf }: Pick<PairingRouteParts, 'pairing' | 'authorOf'>): void {
  api.post(
    '/api/v1/pairing/replace',
    {
      config: act,
      schema: {
        summary: 'Hands the identity that an unknown client claims over to it',
        description:
          'The client gives the user name of a device, bridge or consumer with a wrong password. Its password becomes the one of that identity, or a new one is made; the old one ends at once, and its connections with it.',
        body: replaceBody,
        response: { 200: replaceAnswer, ...acceptRefusals },
      },
    },
    async (request) => {
      const { knocker, ...asked } = request.body;
      const result = await pairing.replace(knocker, asked, authorOf(request).name);
      if ('refused' in result) throw problemOf(result);
      return result;
    },
  );
}

const statuses: Readonly<Record<Refusal['refused'], number>> = {
  unknown: 404,
  closed: 409,
  'taken-in': 409,
  field: 422,
  problems: 422,
};

function problemOf({ refused, said, field, problems }: Refusal): HttpProblem {
  const members = { ...(field === undefined ? {} : { field }), ...(problems === undefined ? {} : { problems }) };
  return new HttpProblem(statuses[refused], said, {}, members);
}
