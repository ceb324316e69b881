/** Answers and requests about the site's certificates over the gateway's API. A private key is in an answer once. */
import { answer, closed, id, list, media, optional, problem, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';

/** certificates/validity.ts and config/certificate-store.ts refuse others. */
const longestDays = 3650;
const usualDays = 397;
const passphraseLength = { minLength: 8, maxLength: 128 } as const;

const keyKind = Type.Enum(['ec', 'rsa'], { description: 'ec: ECDSA with P-256; rsa: for devices that know RSA alone' });
const fingerprint = Type.String({ description: 'SHA-256 of the certificate, as AB:CD:…' });
const orNull = <T extends Type.TSchema>(description: string, schema: T) =>
  Type.Union([schema, Type.Null()], { description });

const ca = answer({
  name: Type.String({ description: 'its common name' }),
  key: keyKind,
  fingerprint,
  from: time('since when it is valid'),
  to: time('when it ends'),
  state: Type.Enum(['valid', 'ends-soon', 'ended', 'early'], {
    description: 'ends-soon: within a year; ended, early: it signs nothing now',
  }),
  pem: Type.String({ description: 'the certificate, PEM' }),
});
const server = answer({
  fingerprint,
  names: list(Type.String({ description: 'a name or address in the certificate' })),
  from: time('since when it is valid'),
  to: time('when it ends; it is made anew by itself before'),
  usedBy: list(Type.String({ description: 'setting whose port shows it: mqtt.tls or http.tls' })),
});
const client = answer({
  serial: Type.String({ description: 'serial number, in hex' }),
  id: Type.String({ description: 'the device, bridge or consumer that logs in by it' }),
  fingerprint,
  key: keyKind,
  from: time('since when it is valid'),
  to: time('when it ends'),
  by: Type.String({ description: 'who had it made' }),
  state: Type.Enum(['valid', 'ends-soon', 'ended', 'revoked', 'unused'], {
    description:
      'ends-soon: within 30 days, or in its last third; unused: its device logs in by it no longer, or is gone',
  }),
  revoked: orNull('when it was revoked; null: it is not', Type.String({ format: 'date-time' })),
});

export const certificatesAnswer = answer({
  ca: orNull('the CA of the site; null: none was made', ca),
  server: orNull('the gateway’s own certificate; null: none was made', server),
  clients: list(client),
  problems: list(Type.String({ description: 'what does not work, a sentence' })),
});
export const caAnswer = ca;
export const caFileAnswer = media('the CA’s certificate, PEM', 'application/x-x509-ca-cert');
export const serverAnswer = server;
export const clientAnswer = client;

export const caBody = Type.Object(
  {
    key: optional(keyKind),
    replace: optional(
      Type.Boolean({
        default: false,
        description: 'true: a new CA in place of the present one; all clients need its certificate then',
      }),
    ),
  },
  closed,
);

export const issueBody = Type.Object(
  {
    id: id('id of the device, bridge or consumer'),
    days: optional(
      Type.Integer({ minimum: 1, maximum: longestDays, default: usualDays, description: 'how long it is valid' }),
    ),
    key: optional(keyKind),
    passphrase: optional(
      Type.String({ ...passphraseLength, description: 'passphrase of a PKCS#12 file; absent: none is made' }),
    ),
  },
  closed,
);
export const issuedAnswer = answer({
  client,
  certificate: Type.String({ description: 'the certificate, PEM' }),
  privateKey: Type.String({ description: 'its private key, PKCS#8 in PEM, shown once and kept nowhere' }),
  ca: Type.String({ description: 'the CA’s certificate, PEM' }),
  pkcs12: optional(Type.String({ description: 'key, certificate and CA as PKCS#12, in base64' })),
});

export const serialParams = Type.Object(
  { serial: Type.String({ pattern: '^[0-9a-f]{1,64}$', description: 'serial number of a certificate, in hex' }) },
  closed,
);

export const certificateRefusals = { 422: problem('it is refused; `detail` says why') };
export const noCa = { 404: problem('this site has no CA yet') };
