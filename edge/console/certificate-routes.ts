/**
 * Routes of the site's certificates: see them, make the CA and clients' certificates, revoke, get the CA's certificate. The
 * page's server registers them behind its log-in, the gateway's socket (socket.ts) for users of this machine.
 *
 * Always: a private key is in one answer, which no cache keeps, and in no log.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { FastifyRequest } from 'fastify';
import type { CertificateDoor } from '../certificates/certificate-door.ts';
import { usualClientDays } from '../certificates/validity.ts';
import type { Author } from '../site/revision.ts';
import {
  caAnswer,
  caBody,
  caFileAnswer,
  certificateRefusals,
  certificatesAnswer,
  clientAnswer,
  issueBody,
  issuedAnswer,
  noCa,
  serialParams,
  serverAnswer,
} from './schemas/certificates.ts';

export interface CertificateRouteParts {
  readonly certificates: CertificateDoor;
  /** who sent the request */
  readonly authorOf: (request: FastifyRequest) => Author;
}

const see = { right: 'see' } as const;
const act = { right: 'act' } as const;

export function registerCertificateRoutes(app: Api, { certificates, authorOf }: CertificateRouteParts): void {
  const note = (request: FastifyRequest, facts: object, what: string) => {
    const { kind, name } = authorOf(request);
    request.log.info({ by: name, from: kind, ...facts }, what);
  };

  app.get(
    '/api/v1/certificates',
    {
      config: see,
      schema: { summary: 'The site’s CA and the certificates that it signed', response: { 200: certificatesAnswer } },
    },
    async () => certificates.view(),
  );
  app.get(
    '/api/v1/certificates/ca.crt',
    {
      config: see,
      schema: { summary: 'The CA’s certificate, for devices and phones', response: { 200: caFileAnswer, ...noCa } },
    },
    async (_request, reply) => {
      const { ca } = await certificates.view();
      if (ca === null) throw new HttpProblem(404, message('gateway/answer.no-ca'));
      const file: unknown = ca.pem;
      return reply
        .type('application/x-x509-ca-cert')
        .header('content-disposition', 'attachment; filename="forpost-ca.crt"')
        .send(file as Uint8Array);
    },
  );
  app.post(
    '/api/v1/certificates/ca',
    {
      config: act,
      schema: {
        summary: 'Makes the CA of the site',
        body: caBody,
        response: { 200: caAnswer, ...certificateRefusals },
      },
    },
    async (request) => {
      const { key = 'ec', replace = false } = request.body;
      const made = await refusedInWords(certificates.makeCa({ key, replace }));
      note(request, { fingerprint: made.fingerprint }, 'a CA of the site was made');
      return made;
    },
  );
  app.post(
    '/api/v1/certificates/server/renew',
    {
      config: act,
      schema: {
        summary: 'Makes the gateway’s own certificate anew now',
        response: { 200: serverAnswer, ...certificateRefusals },
      },
    },
    async () => refusedInWords(certificates.renewServer()),
  );
  app.post(
    '/api/v1/certificates/clients',
    {
      config: act,
      schema: {
        summary:
          'Makes a client’s certificate, by which a device, bridge or consumer logs in; the answer has its key once',
        body: issueBody,
        response: { 200: issuedAnswer, ...certificateRefusals },
      },
    },
    async (request, reply) => {
      const { id, days = usualClientDays, key = 'ec', passphrase } = request.body;
      const issued = await refusedInWords(certificates.issue({ id, days, key, passphrase }, authorOf(request).name));
      note(request, { principal: id, serial: issued.client.serial }, 'a client’s certificate was made');
      void reply.header('cache-control', 'no-store');
      return issued;
    },
  );
  app.post(
    '/api/v1/certificates/clients/:serial/revoke',
    {
      config: act,
      schema: {
        summary: 'Ends a client’s certificate and the connections by it at once',
        params: serialParams,
        response: { 200: clientAnswer, ...certificateRefusals },
      },
    },
    async (request) => {
      const revoked = await refusedInWords(certificates.revoke(request.params.serial));
      note(request, { principal: revoked.id, serial: revoked.serial }, 'a client’s certificate was revoked');
      return revoked;
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
