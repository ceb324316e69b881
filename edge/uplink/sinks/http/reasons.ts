/** Explains why the receiver cannot be reached and what to do, by the error codes of Node and OpenSSL. */

import { type ClientTls, tlsFileProblems } from '@forpost/shared/client-tls.ts';
import { proxyReason } from '@forpost/shared/http/outgoing.ts';
import { words } from '@forpost/shared/texts/english.ts';

const unknownCa = words('gateway/reason.http-ca');
const untimely = (how: string) => words('gateway/reason.http-cert-time', { what: how });
const noTls = words('gateway/reason.http-no-tls');

const byCode: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: unknownCa,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownCa,
  CERT_SIGNATURE_FAILURE: unknownCa,
  CERT_HAS_EXPIRED: untimely(words('gateway/reason.has-expired')),
  CERT_NOT_YET_VALID: untimely(words('gateway/reason.not-valid-yet')),
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it wants another version of TLS than this gateway speaks (1.2 and 1.3)',
  ENOTFOUND: words('gateway/reason.http-no-name'),
  EAI_AGAIN: words('gateway/reason.http-no-dns'),
  HPE_INVALID_CONSTANT: words('gateway/reason.http-no-http'),
};

/** The alerts with which the receiver refuses the gateway's certificate, as OpenSSL names them. */
const ofCertificate =
  /_ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|UNKNOWN_CA)$/;

/** The explanation of `error`; undefined: its own message is the best there is. `tls`: as configured for the uplink. */
export function httpReason(error: Error, url: string, tls: ClientTls | undefined, now: number): string | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `its certificate is for another name: write that name in the url (${error.message})`;
  if (ofCertificate.test(code)) return refusedCertificate(tls, now);
  const proxy = proxyReason(error);
  if (proxy !== undefined) return proxy;
  if (code === 'EPROTO' && error.message.includes('wrong version number')) return noTls;
  if (code === 'ECONNRESET' && url.startsWith('http:')) return words('gateway/reason.http-closed');
  return byCode[code];
}

function refusedCertificate(tls: ClientTls | undefined, now: number): string {
  if (tls === undefined || tls === true || tls.certificate === undefined) return words('gateway/reason.http-asks-cert');
  const own = tlsFileProblems(tls, now).find(({ file }) => file === 'certificate');
  if (own !== undefined) return `it does not take this gateway’s certificate: ${own.message}`;
  return `it does not take this gateway’s certificate ${tls.certificate}: have it signed by the CA that the receiver knows`;
}
