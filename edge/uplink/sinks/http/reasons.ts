/** Explains why the receiver cannot be reached and what to do. */
import type { ClientTls } from '@forpost/shared/client-tls.ts';
import { proxyReason } from '@forpost/shared/http/outgoing.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { codeOf, type TlsSentences, tlsReason } from '@forpost/shared/tls-reasons.ts';

const untimely = (what: Words) => words('gateway/reason.http-cert-time', { what });
const noTls = words('gateway/reason.http-no-tls');

const ofTls: TlsSentences = {
  faults: {
    'unknown-ca': words('gateway/reason.http-ca'),
    expired: untimely(words('gateway/reason.has-expired')),
    early: untimely(words('gateway/reason.not-valid-yet')),
    'no-tls': noTls,
    version: words('gateway/reason.http-tls-version'),
  },
  otherName: (detail) => words('gateway/reason.http-name', { detail }),
  asksCertificate: words('gateway/reason.http-asks-cert'),
  refused: (reason) => words('gateway/reason.http-not-taken', { reason }),
  notTrusted: (file) => words('gateway/reason.http-not-trusted', { file }),
};

const byCode: Readonly<Record<string, Words>> = {
  ENOTFOUND: words('gateway/reason.http-no-name'),
  EAI_AGAIN: words('gateway/reason.http-no-dns'),
  HPE_INVALID_CONSTANT: words('gateway/reason.http-no-http'),
};

/** The explanation of `error`; undefined: its own message is the best there is. `tls`: as configured for the uplink. */
export function httpReason(error: Error, url: string, tls: ClientTls | undefined, now: number): Words | undefined {
  const known = tlsReason(error, ofTls, tls, now) ?? proxyReason(error);
  if (known !== undefined) return known;
  const code = codeOf(error);
  if (code === 'EPROTO' && error.message.includes('wrong version number')) return noTls;
  if (code === 'ECONNRESET' && url.startsWith('http:')) return words('gateway/reason.http-closed');
  return Object.hasOwn(byCode, code) ? byCode[code] : undefined;
}
