/**
 * Checks that a TLS server is the configured camera. Its certificate must have the pinned fingerprint; without a pin,
 * the camera's configured CA, or a CA that this system trusts, must have signed it for the camera's address.
 *
 * Always: the check ends before a byte is sent within TLS; a pinned certificate is trusted whatever names and dates it
 * has; a refusal names the fingerprint found, so that an installer can pin it.
 */
import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ConnectionOptions, getCACertificates, type TLSSocket } from 'node:tls';
import { messageOf } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { certificatesIn } from '@forpost/shared/tls.ts';

export interface CameraTrust {
  /** path of a PEM file with the CA that signs the camera's certificate */
  readonly ca?: string | undefined;
  /** sha256:… of the camera's certificate */
  readonly fingerprint?: string | undefined;
}

/**
 * Options of the TLS connection, or an error text if the CA file cannot be used. The handshake accepts every
 * certificate; `refusal` then judges it, and explains more than Node does.
 */
export function tlsOptions(host: string, trust: CameraTrust): ConnectionOptions | string {
  const options: ConnectionOptions = {
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    ...(isIP(host) === 0 ? { servername: host } : {}),
  };
  if (trust.fingerprint !== undefined) return options;
  if (trust.ca === undefined) return { ...options, ca: systemCas() };
  try {
    const ca = readFileSync(trust.ca, 'utf8');
    if (certificatesIn(ca) === undefined) return words('gateway/reason.ca-not-pem', { file: trust.ca });
    return { ...options, ca };
  } catch (error) {
    return words('gateway/reason.ca-unreadable', { ca: trust.ca, error: messageOf(error) });
  }
}

/** sha256:… of a certificate */
export function fingerprintOf(certificate: X509Certificate): string {
  return `sha256:${plain(certificate.fingerprint256)}`;
}

/**
 * After the handshake: why this server is not trusted, as text; undefined: it is trusted. `certificate`: the socket's
 * peer certificate, which Node returns only once.
 */
export function refusal(
  socket: TLSSocket,
  certificate: X509Certificate | undefined,
  host: string,
  trust: CameraTrust,
): string | undefined {
  if (certificate === undefined) return words('gateway/reason.no-certificate');
  const found = fingerprintOf(certificate);
  if (trust.fingerprint !== undefined) {
    if (plain(trust.fingerprint.replace(/^sha256:/i, '')) === plain(certificate.fingerprint256)) return undefined;
    return words('gateway/reason.other-certificate', { found });
  }
  if (!socket.authorized)
    return words('gateway/reason.certificate-unverified', { reason: whyUnverified(socket), found });
  const covered = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
  return covered === undefined ? words('gateway/reason.certificate-for-other', { host, found }) : undefined;
}

/** Node's CAs and the system's; read once, because the system keeps them in hundreds of files. */
let known: string[] | undefined;
function systemCas(): string[] {
  known ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  return known;
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}

const reasons: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: words('gateway/reason.self-signed'),
  SELF_SIGNED_CERT_IN_CHAIN: words('gateway/reason.ca-unknown'),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: words('gateway/reason.ca-unknown'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: words('gateway/reason.ca-unknown'),
  CERT_HAS_EXPIRED: words('gateway/reason.certificate-expired'),
  ERR_TLS_CERT_ALTNAME_INVALID: words('gateway/reason.certificate-address'),
  CERT_NOT_YET_VALID: words('gateway/reason.certificate-early'),
};

function whyUnverified(socket: TLSSocket): string {
  // Node sets a code here, although its types declare an Error
  const code = String(socket.authorizationError);
  return reasons[code] ?? code;
}
