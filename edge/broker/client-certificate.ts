/**
 * Reads the certificate that a client has shown over TLS, also below a WebSocket.
 *
 * Always: names count only where the CA of clients' certificates (`mqtt.tls.client_ca`) vouches for them. Without that CA
 * a certificate counts by its SHA-256 alone: Node would otherwise ask the public CAs, which sell any name. The dates
 * of a certificate known by its SHA-256 are not checked, because the clock of a gateway may be wrong.
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ShownCertificate } from './access.ts';

/** A principal's names stand among the first few of a certificate. */
const mostNames = 20;

/** undefined: the client has shown none. `hasClientCa`: the listener has a CA of clients' certificates. */
export function shownCertificate(socket: Socket, hasClientCa: boolean): ShownCertificate | undefined {
  const carrier = 'carrier' in socket ? socket.carrier : socket;
  if (!(carrier instanceof TLSSocket)) return undefined;
  const certificate = carrier.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const fingerprint = createHash('sha256').update(certificate.raw).digest('hex');
  if (!hasClientCa || !carrier.authorized) return { fingerprint, names: [] };
  const { CN: common = [] } = carrier.getPeerCertificate().subject;
  const names = [...[common].flat(), ...alternativeNames(certificate.subjectAltName ?? '')];
  return { fingerprint, names: names.slice(0, mostNames) };
}

/** DNS names, URIs and mail addresses of «DNS:pump.site, URI:urn:dev:7». Node quotes ambiguous ones: left out. */
function alternativeNames(text: string): readonly string[] {
  return text.split(', ').flatMap((entry) => /^(?:DNS|URI|email):([^",]+)$/.exec(entry)?.[1] ?? []);
}
