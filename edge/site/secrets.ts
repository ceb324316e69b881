/**
 * The secrets of the site and of this machine (secrets.yaml): log-ins and their credentials. They stand apart from the
 * document: no revision has one, and an undo brings no revoked credential back.
 *
 * Always: a password stands here as a hash only: a keyed hash where the gateway made it (shared/made-credential.ts),
 * argon2id where a person chose it or a device came with it (shared/password.ts). A camera's password and an uplink's
 * token stand as they are, because the gateway sends them.
 */
import { idPatternText } from '@forpost/shared/event/ids.ts';
import Type from 'typebox';

const closed = { additionalProperties: false } as const;
/** Certificates of one principal: the present one, its successor, a spare. */
export const mostCertificates = 8;
const longestName = 256;
const hash = (description: string) => Type.String({ description });

/** How a certificate is recognised: by its SHA-256, or a name in it that the CA of `mqtt.tls.client_ca` vouches for. */
export const certificatePattern = '^(sha256:[0-9a-f]{64}|name:\\S{1,250})$';

/** Everything by which one device, bridge or consumer may log in. */
export const storedCredentialSchema = Type.Object(
  {
    password: Type.Optional(hash('hash of its password; absent: it logs in by certificate alone')),
    before: Type.Optional(
      Type.Object(
        {
          password: hash('hash of the password before'),
          until: Type.String({ format: 'date-time', description: 'until when that one is valid too' }),
        },
        { ...closed, description: 'the password before a rotation with a grace' },
      ),
    ),
    certificates: Type.Optional(
      Type.Array(Type.String({ pattern: certificatePattern }), {
        minItems: 1,
        maxItems: mostCertificates,
        description:
          'client certificates: sha256:… of the certificate, or name:… for a CN or SAN that the CA of mqtt.tls.client_ca vouches for',
      }),
    ),
    user: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: longestName,
        description: 'user name of a device that cannot be told another',
        'x-default': 'the id',
      }),
    ),
    client_id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: longestName,
        description: 'client id that goes with `user`, where several devices have one fixed user name',
      }),
    ),
    revoked: Type.Optional(
      Type.String({ format: 'date-time', description: 'when its credentials were revoked: it cannot log in' }),
    ),
  },
  { ...closed, description: 'credentials of one device, bridge or consumer' },
);
export type StoredCredential = Type.Static<typeof storedCredentialSchema>;
/** A text is the hash of a password. */
export type MqttSecret = string | StoredCredential;

export const uplinkSecretsAbout = 'by name of an uplink, or "evidence": the token or password that the gateway sends';

export const actionSecretsAbout = 'by id of an action: the secrets of its kind, such as the token of a webhook';

export const secretsSchema = Type.Object(
  {
    mqtt: Type.Record(
      Type.String({ pattern: idPatternText }),
      Type.Union([Type.String({ description: 'hash of its password' }), storedCredentialSchema]),
      {
        description:
          'by id of a device, bridge or consumer: the hash of its password, or its credentials; "forpost devices rotate ID" makes a password and its hash',
      },
    ),
    console: Type.Record(Type.String({ minLength: 1 }), Type.String(), {
      description:
        'by log-in name: the argon2id hash of a person’s password for the page; "forpost devices password NAME --console" makes both',
    }),
    viewers: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        maxItems: 1000,
        description: 'log-in names under console that see everything on the page and change nothing',
      }),
    ),
    cameras: Type.Optional(
      Type.Record(
        Type.String({ pattern: idPatternText }),
        Type.Object(
          {
            user: Type.String({ description: 'user name at the camera' }),
            password: Type.String({ description: 'password as it is: the camera asks for it' }),
          },
          closed,
        ),
        { description: 'by id of a camera: its log-in' },
      ),
    ),
    /** open: each kind of sink has a schema for its secret (config/sink-schemas.ts) */
    uplink: Type.Optional(
      Type.Record(Type.String(), Type.Record(Type.String(), Type.String()), {
        description: uplinkSecretsAbout,
      }),
    ),
    actions: Type.Optional(
      Type.Record(Type.String({ pattern: idPatternText }), Type.Record(Type.String(), Type.String()), {
        description: actionSecretsAbout,
      }),
    ),
  },
  closed,
);
export type Secrets = Type.Static<typeof secretsSchema>;

/** The credentials of an entry, in the long form. */
export function storedCredential(secret: MqttSecret): StoredCredential {
  return typeof secret === 'string' ? { password: secret } : secret;
}

/** The shortest form of credentials: a text where they are a password alone. */
export function shortest(stored: StoredCredential): MqttSecret {
  const { password, ...more } = stored;
  return password !== undefined && Object.keys(more).length === 0 ? password : stored;
}
