/**
 * Identifies the gateway of a request to the receiver: by its certificate's subject, by its token, or by both.
 *
 *   certificate ──► signed by the CA of gateways, and valid now? ─► names one gateway ─┐
 *   token ────────► known? ───────────────────────────────────────────────────────────┴─► the same one, not locked out
 *
 * Always: a request with a bad certificate is refused, whatever its token. A gateway that is locked out gets in neither
 * by certificate nor by token.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import { isId } from '@forpost/shared/event/ids.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { FastifyRequest } from 'fastify';

/** By gateway id. */
export type KnownGateways = Readonly<
  Record<
    string,
    {
      /** sha256 of the gateway's token, in hex; undefined: the gateway uses a certificate */
      readonly token_sha256?: string;
      /** a stolen gateway: neither its token nor its certificate lets it in */
      readonly refused?: boolean;
    }
  >
>;

/** off: no certificate is requested; ask: a certificate may replace the token; require: every gateway needs a certificate. */
export type ClientCertificates = 'off' | 'ask' | 'require';

/** The gateway that sent a request. @throws HttpProblem 401 or 403 */
export function callerFinder(gateways: () => KnownGateways, certificates: ClientCertificates) {
  const byToken = tokenIndex(gateways);
  return (request: FastifyRequest): string => {
    const certified = certificates === 'off' ? undefined : certifiedGateway(request.raw.socket);
    if (certificates === 'require' && certified === undefined)
      throw new HttpProblem(401, message('reason/receiver.certificate-asked'));
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const tokened = token === undefined ? undefined : byToken(token);
    if (token !== undefined && tokened === undefined) throw noToken();
    if (certified !== undefined && tokened !== undefined && certified !== tokened)
      throw new HttpProblem(403, message('reason/receiver.two-gateways', { certified, tokened }));
    const gateway = certified ?? tokened;
    if (gateway === undefined) throw noToken();
    const known = gateways();
    if (Object.hasOwn(known, gateway) && known[gateway]?.refused === true)
      throw new HttpProblem(403, message('reason/receiver.locked-out', { gateway }));
    return gateway;
  };
}

function noToken(): HttpProblem {
  return new HttpProblem(401, message('reason/receiver.token'), {
    'www-authenticate': 'Bearer',
  });
}

/** The gateway of the certificate; undefined where none was offered. @throws HttpProblem 401 */
function certifiedGateway(socket: unknown): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const certificate = socket.getPeerCertificate();
  if (certificate === null || Object.keys(certificate).length === 0) return undefined;
  if (!socket.authorized)
    throw new HttpProblem(
      401,
      message('reason/receiver.certificate-refused', { reason: refusal(socket.authorizationError) }),
    );
  const gateway = gatewayIn(certificate);
  if (gateway === undefined) throw new HttpProblem(401, message('reason/receiver.certificate-nameless'));
  return gateway;
}

const refusals: Readonly<Record<string, Message>> = {
  CERT_HAS_EXPIRED: message('reason/receiver.certificate-expired'),
  CERT_NOT_YET_VALID: message('reason/receiver.certificate-early'),
};

function refusal(error: unknown): Message {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return refusals[code] ?? message('reason/receiver.certificate-unsigned', { code });
}

/** The gateway's id in a certificate: the common name, or else the only DNS name that is an id. */
export function gatewayIn({
  subject,
  subjectaltname,
}: Pick<PeerCertificate, 'subject' | 'subjectaltname'>): string | undefined {
  // a subject with several common names belongs to no gateway
  const name: unknown = subject?.CN;
  if (isId(name)) return name;
  // Node quotes a name that could be read as several
  if (subjectaltname === undefined || subjectaltname.includes('"')) return undefined;
  const names = subjectaltname.split(', ').flatMap((each) => (each.startsWith('DNS:') ? [each.slice(4)] : []));
  const ids = names.filter((each) => isId(each));
  return ids.length === 1 ? ids[0] : undefined;
}

/** From a token to its gateway. The index is built again when the gateways change. */
function tokenIndex(gateways: () => KnownGateways): (token: string) => string | undefined {
  let of: KnownGateways | undefined;
  let byHash = new Map<string, string>();
  return (token) => {
    const now = gateways();
    if (now !== of) {
      of = now;
      byHash = new Map(
        Object.entries(now).flatMap(([gateway, { token_sha256: hash }]) =>
          hash === undefined ? [] : [[hash, gateway]],
        ),
      );
    }
    const hash = createHash('sha256').update(token).digest();
    const gateway = byHash.get(hash.toString('hex'));
    if (gateway === undefined) return undefined;
    // the look-up by hash may leak timing, so the found hash is compared in constant time
    const stored = Buffer.from(now[gateway]?.token_sha256 ?? '', 'hex');
    return stored.length === hash.length && timingSafeEqual(stored, hash) ? gateway : undefined;
  };
}
