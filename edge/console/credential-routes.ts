/**
 * Routes of the credentials of devices, bridges and consumers: see them, make a new password, revoke, set certificates.
 * The page's server registers them behind its log-in, the gateway's socket (socket.ts) for users of this machine.
 *
 * Always: a change is in force when it is answered; a password is in one answer and in no log.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { FastifyRequest } from 'fastify';
import type { CredentialDoor } from '../devices/credential-door.ts';
import type { Author } from '../site/revision.ts';
import { sendList } from './large-answer.ts';
import {
  certificatesBody,
  credentialAnswer,
  credentialRefusals,
  credentialsAnswer,
  principalParams,
  revokedAnswer,
  rotateBody,
  rotatedAnswer,
} from './schemas/credentials.ts';

export interface CredentialRouteParts {
  readonly credentials: CredentialDoor;
  /** who sent the request */
  readonly authorOf: (request: FastifyRequest) => Author;
}

const see = { right: 'see' } as const;
const act = { right: 'act' } as const;

export function registerCredentialRoutes(app: Api, { credentials, authorOf }: CredentialRouteParts): void {
  const known = async (id: string) => {
    if ((await credentials.view(id)) !== undefined) return;
    throw new HttpProblem(404, message('gateway/answer.no-principal', { id }));
  };
  const note = (request: FastifyRequest, id: string, what: string) => {
    const { kind, name } = authorOf(request);
    request.log.info({ by: name, from: kind, principal: id }, what);
  };

  app.get(
    '/api/v1/credentials',
    {
      config: see,
      schema: {
        summary: 'By what each device, bridge and consumer logs in; no passwords',
        response: { 200: credentialsAnswer },
      },
    },
    async (_request, reply) => sendList(reply, {}, 'credentials', await credentials.list()),
  );
  app.post(
    '/api/v1/credentials/:id/rotate',
    {
      config: act,
      schema: {
        summary: 'Gives a new password, which the answer has once; the old one ends at once or after a grace',
        params: principalParams,
        body: rotateBody,
        response: { 200: rotatedAnswer, ...credentialRefusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      await known(id);
      const { graceS = 0, password } = request.body;
      const rotated = await refusedInWords(credentials.rotate(id, { graceS, password }));
      note(request, id, 'a new password was given');
      return rotated;
    },
  );
  app.post(
    '/api/v1/credentials/:id/revoke',
    {
      config: act,
      schema: {
        summary: 'Ends all credentials and connections at once; it cannot log in until it gets a new credential',
        params: principalParams,
        response: { 200: revokedAnswer, ...credentialRefusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      await known(id);
      const revoked = await refusedInWords(credentials.revoke(id));
      note(request, id, 'all credentials were revoked');
      return revoked;
    },
  );
  app.put(
    '/api/v1/credentials/:id/certificates',
    {
      config: act,
      schema: {
        summary: 'Sets the client certificates by which it may log in over TLS',
        params: principalParams,
        body: certificatesBody,
        response: { 200: credentialAnswer, ...credentialRefusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      await known(id);
      const view = await refusedInWords(credentials.setCertificates(id, request.body.certificates));
      note(request, id, 'client certificates were set');
      return view;
    },
  );
}

/** A refusal of the door as a problem document with its sentence. */
async function refusedInWords<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw error instanceof ForpostError ? new HttpProblem(422, error.message) : error;
  }
}
