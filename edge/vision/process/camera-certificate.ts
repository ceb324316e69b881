/**
 * Whether a TLS server is the camera that was meant: its certificate is the one whose fingerprint was pinned, or one
 * that the camera's own CA, or else a CA that this system trusts, has signed for the address by which it is called.
 *
 * Always: decided before a byte is sent within TLS; a pinned certificate counts whatever it says of names and times; what
 * is refused is told with the fingerprint found, so that it can be pinned.
 */
import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ConnectionOptions, getCACertificates, type TLSSocket } from 'node:tls';
import { messageOf } from '@forpost/shared/errors.ts';
import { certificatesIn } from '@forpost/shared/tls.ts';

export interface CameraTrust {
  /** a PEM file with who signs the camera's certificate */
  readonly ca?: string | undefined;
  /** sha256:… of the camera's certificate */
  readonly fingerprint?: string | undefined;
}

/** How to connect: everything is accepted at first and judged by `refusal`, which can say more than Node does. */
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
    if (certificatesIn(ca) === undefined) return `${trust.ca} holds no certificate in PEM`;
    return { ...options, ca };
  } catch (error) {
    return `the camera’s CA ${trust.ca} cannot be read: ${messageOf(error)}`;
  }
}

/** sha256:… of a certificate */
export function fingerprintOf(certificate: X509Certificate): string {
  return `sha256:${plain(certificate.fingerprint256)}`;
}

/**
 * After the handshake: why this server is not trusted, in words; undefined where it is. `certificate`: the socket's, which
 * Node gives once only.
 */
export function refusal(
  socket: TLSSocket,
  certificate: X509Certificate | undefined,
  host: string,
  trust: CameraTrust,
): string | undefined {
  if (certificate === undefined) return 'it shows no certificate';
  const found = fingerprintOf(certificate);
  const pin = `its certificate has the fingerprint ${found}`;
  if (trust.fingerprint !== undefined) {
    if (plain(trust.fingerprint.replace(/^sha256:/i, '')) === plain(certificate.fingerprint256)) return undefined;
    return `it shows another certificate than the pinned one: ${pin}; pin that only where you know why it changed`;
  }
  const advice = `${pin}: if the camera says so too, pin it (fingerprint: ${found})`;
  if (!socket.authorized) return `its certificate cannot be verified (${words(socket)}); ${advice}`;
  const covered = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
  return covered === undefined ? `its certificate is not for ${host}; ${advice}` : undefined;
}

/** Node's own and the system's; read once, because the system's are hundreds of files. */
let known: string[] | undefined;
function systemCas(): string[] {
  known ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  return known;
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}

const reasons: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its CA is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its CA is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its CA is not known here',
  CERT_HAS_EXPIRED: 'it has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another address',
  CERT_NOT_YET_VALID: 'it is not valid yet by this gateway’s clock',
};

function words(socket: TLSSocket): string {
  // Node gives the code, its types say an Error
  const code = String(socket.authorizationError);
  return reasons[code] ?? code;
}
