/**
 * Why a TLS connection failed, in sentences with the remedy: one table of Node's and OpenSSL's codes for Kafka and HTTPS.
 * Each side brings its sentences, because the remedy is a setting of its own.
 */
import { type ClientTls, tlsFileProblems } from './client-tls.ts';
import type { Words } from './texts/english.ts';

/** `expired`, `early`: by this machine's clock · `no-tls`: the port does not speak TLS · `version`: of TLS */
type Fault = 'unknown-ca' | 'expired' | 'early' | 'no-tls' | 'version';

const faults: Readonly<Record<string, Fault>> = {
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown-ca',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'unknown-ca',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown-ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown-ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown-ca',
  CERT_SIGNATURE_FAILURE: 'unknown-ca',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'early',
  ERR_SSL_WRONG_VERSION_NUMBER: 'no-tls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'no-tls',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'version',
};

/** OpenSSL's names for the other side's verdict on our certificate. Java says «bad» when there is none. */
const ofOurCertificate =
  /_ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|UNKNOWN_CA)$/;

export interface TlsSentences {
  /** about the other side's certificate and port */
  readonly faults: Readonly<Record<Fault, Words>>;
  /** its certificate is for another name; `detail`: Node's message with the names */
  readonly otherName: (detail: string) => Words;
  /** it asks for a certificate, and none is configured */
  readonly asksCertificate: Words;
  /** it refuses our certificate, because of a fault of our file */
  readonly refused: (reason: Words) => Words;
  /** it refuses our certificate, in which we see no fault */
  readonly notTrusted: (file: string) => Words;
}

export function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The sentence for an error of TLS, else undefined. `tls`: this side's configuration. `now`: ms since 1970. */
export function tlsReason(
  error: Error,
  sentences: TlsSentences,
  tls: ClientTls | undefined,
  now: number,
): Words | undefined {
  const code = codeOf(error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return sentences.otherName(error.message);
  if (ofOurCertificate.test(code)) return refusedCertificate(sentences, tls, now);
  const fault = Object.hasOwn(faults, code) ? faults[code] : undefined;
  return fault === undefined ? undefined : sentences.faults[fault];
}

function refusedCertificate(sentences: TlsSentences, tls: ClientTls | undefined, now: number): Words {
  if (tls === undefined || tls === true || tls.certificate === undefined) return sentences.asksCertificate;
  const own = tlsFileProblems(tls, now).find(({ file }) => file === 'certificate');
  return own === undefined ? sentences.notTrusted(tls.certificate) : sentences.refused(own.message);
}
