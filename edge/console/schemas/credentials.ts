/** Answers and requests about credentials over the gateway's API. A password is in an answer once. */
import { answer, closed, id, list, optional, problem, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';

/** 30 days: config/credential-store.ts refuses more. */
const longestGraceS = 2_592_000;
const longestPem = 16_384;
const timeText = Type.String({ format: 'date-time' });
const orNull = <T extends Type.TSchema>(description: string, schema: T) =>
  Type.Union([schema, Type.Null()], { description });

const credential = answer({
  id: Type.String({ description: 'id of the device, bridge or consumer' }),
  name: Type.String({ description: 'its name for people; the id where it has none' }),
  kind: Type.Enum(['device', 'bridge', 'consumer'], { description: 'device, bridge or consumer' }),
  password: Type.Enum(['made', 'chosen', 'fixed', 'none'], {
    description:
      'made: by the gateway; chosen: by a person; fixed: the device came with it and cannot be told another; none: it logs in by certificate, or cannot log in',
  }),
  user: Type.String({ description: 'what it gives as user name at the broker' }),
  clientId: orNull('client id that tells it apart from others with its user name; null: none', Type.String()),
  graceUntil: orNull('until when the password before is valid too; null: it is not', timeText),
  certificates: list(
    Type.String({
      description: 'sha256: and the SHA-256 of a client certificate, or name: and a CN or SAN that the CA vouches for',
    }),
  ),
  revoked: orNull('since when it has no credentials; null: it is not revoked', timeText),
});

export const credentialsAnswer = answer({ credentials: list(credential) });
export const credentialAnswer = credential;

export const principalParams = Type.Object({ id: id('id of a device, bridge or consumer') }, closed);

export const rotateBody = Type.Object(
  {
    graceS: optional(
      Type.Integer({
        minimum: 0,
        maximum: longestGraceS,
        default: 0,
        description: 'how long the old password is valid too, in s; 0: it ends at once, and so do its connections',
      }),
    ),
    password: optional(
      Type.String({
        minLength: 12,
        maxLength: 256,
        description: 'a password that a person chose; absent: the gateway makes one of 128 random bits or more',
      }),
    ),
  },
  closed,
);
export const rotatedAnswer = answer({
  id: Type.String({ description: 'id of the device, bridge or consumer' }),
  user: Type.String({ description: 'what it gives as user name at the broker' }),
  password: optional(Type.String({ description: 'the new password, shown once; absent: a person chose it' })),
  graceUntil: orNull('until when the old password is valid too; null: it has ended', timeText),
});

export const revokedAnswer = answer({
  id: Type.String({ description: 'id of the device, bridge or consumer' }),
  revoked: time('since when it has no credentials; its connections are closed'),
});

export const certificatesBody = Type.Object(
  {
    certificates: Type.Array(
      Type.String({
        minLength: 1,
        maxLength: longestPem,
        description:
          'PEM text of a client certificate, or sha256: and its SHA-256, or name: and a CN or SAN that the CA of mqtt.tls.client_ca vouches for',
      }),
      { maxItems: 8, description: 'all certificates that it may log in by; an empty list: none' },
    ),
  },
  closed,
);

export const credentialRefusals = {
  404: problem('the site has no such device, bridge or consumer'),
  422: problem('the change is refused; `detail` says why'),
};
