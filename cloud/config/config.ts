/** The centre's file (cloud.yaml). The schema is the type and the check; an unknown key is an error. */
import { idPatternText } from '@forpost/shared/event/ids.ts';
import { frontProperties } from '@forpost/shared/http/forwarded.ts';
import { kafkaLoginProperties, kafkaTlsSchema } from '@forpost/shared/kafka/security.ts';
import Type from 'typebox';

const closed = { additionalProperties: false } as const;

const rate = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000, description }));

/** What one gateway may send. */
const gatewayLimits = Type.Object(
  {
    events_per_second: rate('readings and what else is no alarm; default 10000, and ten seconds of it at once'),
    bytes_per_second: rate('of unpacked JSON; default 8000000'),
    alerts_per_second: rate('changes of alarms, beside the events; default 50, and 5000 at once'),
  },
  {
    ...closed,
    description:
      'beyond it the receiver answers 429 and the gateway sends it later; over Kafka nothing is refused. Either way the ' +
      'centre raises an alarm «this gateway floods»',
  },
);

export const cloudSchema = Type.Object(
  {
    data: Type.String({ description: 'folder for the embedded history and the secrets' }),
    http: Type.Object(
      {
        host: Type.Optional(
          Type.String({
            description: 'default 127.0.0.1, with tls 0.0.0.0; another than loopback needs tls or a trusted_proxy',
          }),
        ),
        port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
        tls: Type.Optional(
          Type.Object(
            {
              certificate: Type.String({
                description:
                  'PEM file: the certificate, then what leads from it to the CA; a renewed one counts within seconds',
              }),
              key: Type.String({ description: 'PEM file: the certificate’s key, without a passphrase' }),
            },
            closed,
          ),
        ),
        ...frontProperties,
        allow_plaintext: Type.Optional(
          Type.Boolean({
            description: 'other machines may send passwords in the clear: only where the network is trusted',
          }),
        ),
        metrics_token_file: Type.Optional(
          Type.String({
            description: 'file with the token that reads /metrics; default: made as metrics-token in the data folder',
          }),
        ),
      },
      closed,
    ),
    /** without it the receiver writes straight into the history */
    kafka: Type.Optional(
      Type.Object(
        {
          brokers: Type.Array(Type.String({ description: 'host:port; an IPv6 address in brackets: [::1]:9092' }), {
            minItems: 1,
          }),
          prefix: Type.Optional(Type.String({ pattern: '^[a-zA-Z0-9._-]{1,100}$' })),
          tls: Type.Optional(kafkaTlsSchema),
          sasl: Type.Optional(
            Type.Object(
              {
                ...kafkaLoginProperties,
                password_file: Type.String({ description: 'file with the password and nothing else' }),
              },
              closed,
            ),
          ),
          batch_mb: Type.Optional(
            Type.Integer({
              minimum: 4,
              maximum: 1024,
              description:
                'how many MB of events are unpacked at once of what a broker sends; the centre’s memory grows by some five times that in a backlog; default 64',
            }),
          ),
          /** a single development broker: few partitions, one replica */
          development: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
    ),
    history: Type.Optional(
      Type.Object(
        {
          url: Type.Optional(Type.String({ description: 'of a ClickHouse server; default: embedded' })),
          allow_plaintext: Type.Optional(
            Type.Boolean({ description: 'a password to another machine by http: only where the network is trusted' }),
          ),
        },
        closed,
      ),
    ),
    /** a port of its own for what the gateways send; without it that is a part of `http` */
    receiver: Type.Optional(
      Type.Object(
        {
          host: Type.Optional(Type.String({ description: 'default 0.0.0.0' })),
          port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
          tls: Type.Object(
            {
              certificate: Type.String({ description: 'PEM file' }),
              key: Type.String({ description: 'PEM file: the certificate’s key, without a passphrase' }),
              client_ca: Type.Optional(
                Type.String({ description: 'PEM file: who signs the gateways’ certificates (CN or DNS name = id)' }),
              ),
              client_certificate_required: Type.Optional(
                Type.Boolean({ description: 'a token alone is not enough; default false' }),
              ),
            },
            closed,
          ),
        },
        closed,
      ),
    ),
    /** gateways that may use the receiver, by gateway id; one with a certificate of `client_ca` need not stand here */
    gateways: Type.Optional(
      Type.Record(
        Type.String({ pattern: idPatternText }),
        Type.Object(
          {
            token_sha256: Type.Optional(
              Type.String({ pattern: '^[0-9a-f]{64}$', description: 'sha256 of its token in hex' }),
            ),
            limits: Type.Optional(gatewayLimits),
            refused: Type.Optional(
              Type.Boolean({ description: 'a stolen one: neither token nor certificate lets it in' }),
            ),
          },
          closed,
        ),
      ),
    ),
    /** of every gateway that has no `limits` of its own; one over Kafka may have them too, under `gateways` */
    limits: Type.Optional(gatewayLimits),
    notify: Type.Optional(
      Type.Array(
        Type.Object(
          {
            id: Type.String({ pattern: idPatternText }),
            kind: Type.Literal('webhook'),
            url: Type.String({ pattern: '^https?://' }),
            allow_plaintext: Type.Optional(
              Type.Boolean({ description: 'a password to another machine by http: only where the network is trusted' }),
            ),
            /** the least severity that is sent; default warning */
            severity: Type.Optional(
              Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')]),
            ),
          },
          closed,
        ),
      ),
    ),
    commands: Type.Optional(
      Type.Object(
        {
          key_file: Type.Optional(
            Type.String({ description: 'PEM file with the Ed25519 key that signs; default: made in the data folder' }),
          ),
        },
        closed,
      ),
    ),
    /** what the centre itself raises about its gateways, and after how long */
    gateway_alarms: Type.Optional(
      Type.Object(
        {
          silent_after_s: Type.Optional(
            Type.Integer({ minimum: 30, maximum: 86_400, description: 'a gateway that is not heard of; default 300' }),
          ),
          clock_after_s: Type.Optional(
            Type.Integer({ minimum: 60, maximum: 604_800, description: 'a clock that is not in sync; default 3600' }),
          ),
          link_after_s: Type.Optional(
            Type.Integer({ minimum: 60, maximum: 604_800, description: 'an uplink that does not work; default 900' }),
          ),
        },
        closed,
      ),
    ),
    watchdog: Type.Optional(
      Type.Object(
        {
          hang_s: Type.Optional(
            Type.Number({
              minimum: 1,
              maximum: 3600,
              description:
                'how long its main thread may not answer: then the centre ends itself, to be started again; default 30',
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    log_level: Type.Optional(Type.String()),
  },
  closed,
);
export type CloudConfig = Type.Static<typeof cloudSchema>;
export const defaultCloudPort = 8090;
export const defaultReceiverPort = 8443;
