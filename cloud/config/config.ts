/** The centre's file (cloud.yaml). The schema is the type and the check; an unknown key is an error. */

import { clientTlsSchema } from '@forpost/shared/client-tls.ts';
import { closed, port, serverTlsSchema } from '@forpost/shared/config/listen-settings.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import { allowPlaintextKey } from '@forpost/shared/http/clear-address.ts';
import { proxyProperties } from '@forpost/shared/http/forwarded.ts';
import { kafkaLoginProperties } from '@forpost/shared/kafka/security.ts';
import Type from 'typebox';
import { anyChannelSchema } from '../notify/channels/registry.ts';

const rate = (description: string, otherwise: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000, description, default: otherwise }));
export const defaultCloudPort = 8090;
export const defaultReceiverPort = 8443;

const limits = (description: string) =>
  Type.Object(
    {
      events_per_second: rate('events that are no alarms; ten seconds of them at once', 10_000),
      bytes_per_second: rate('JSON before it is compressed', 8_000_000),
      alerts_per_second: rate('changes of alarms, counted apart from the events; 5000 of them at once', 50),
    },
    { ...closed, description },
  );

const httpSchema = Type.Object(
  {
    host: Type.Optional(
      Type.String({
        description:
          'address of the page and the API; another than loopback needs tls, trusted_proxy or allow_plaintext',
        'x-default': '127.0.0.1; with tls 0.0.0.0',
      }),
    ),
    port: port('port of the page and the API', defaultCloudPort),
    tls: Type.Optional(
      Type.Object(serverTlsSchema.properties, { ...closed, description: 'the page and the API over TLS' }),
    ),
    ...proxyProperties,
    allow_plaintext: Type.Optional(
      Type.Boolean({
        description: 'true lets other machines send passwords in the clear, where the network is trusted',
        default: false,
      }),
    ),
    metrics_token_file: Type.Optional(
      Type.String({
        description: 'file with the token that reads /metrics',
        'x-default': 'metrics-token in the data folder, which the centre makes',
      }),
    ),
  },
  { ...closed, description: 'the page, the API, and the receiver where it has no port of its own' },
);

const kafkaSchema = Type.Object(
  {
    brokers: Type.Array(Type.String({ description: 'host:port; an IPv6 address in brackets, as [::1]:9092' }), {
      minItems: 1,
      description: 'brokers to ask first for the cluster, as host:port',
    }),
    prefix: Type.Optional(
      Type.String({
        pattern: '^[a-zA-Z0-9._-]{1,100}$',
        description: 'first part of the topics’ names; the same as at the gateways',
        default: 'forpost',
      }),
    ),
    tls: Type.Optional(clientTlsSchema),
    sasl: Type.Optional(
      Type.Object(
        {
          ...kafkaLoginProperties,
          password_file: Type.String({ description: 'file with the password and nothing else' }),
        },
        { ...closed, description: 'log-in to Kafka' },
      ),
    ),
    batch_mb: Type.Optional(
      Type.Integer({
        minimum: 4,
        maximum: 1024,
        description:
          'events of one broker that are unpacked at once; in a backlog the centre takes five times as much memory',
        default: 64,
      }),
    ),
    development: Type.Optional(
      Type.Boolean({
        description: 'true: a single broker for development; topics get few partitions and one replica',
        default: false,
      }),
    ),
  },
  { ...closed, description: 'the Kafka that gateways send to; absent: the receiver writes straight into the history' },
);

const receiverSchema = Type.Object(
  {
    host: Type.Optional(Type.String({ description: 'address that the receiver listens on', default: '0.0.0.0' })),
    port: port('port of the receiver', defaultReceiverPort),
    tls: Type.Object(
      {
        ...serverTlsSchema.properties,
        client_ca: Type.Optional(
          Type.String({
            description: 'PEM file with the CA of the gateways’ certificates, whose CN or DNS name is the gateway’s id',
          }),
        ),
        client_certificate_required: Type.Optional(
          Type.Boolean({
            description: 'true: a gateway needs a certificate, and a token is not enough',
            default: false,
          }),
        ),
      },
      { ...closed, description: 'certificate of the receiver, and what it asks of gateways' },
    ),
  },
  { ...closed, description: 'a port of its own for the gateways; absent: they use http' },
);

const gatewaySchema = Type.Object(
  {
    token_sha256: Type.Optional(
      Type.String({
        pattern: '^[0-9a-f]{64}$',
        description: 'sha256 of the gateway’s token in hex; "forpost cloud gateway token" makes both',
      }),
    ),
    limits: Type.Optional(limits('limits of this gateway, also over Kafka')),
    refused: Type.Optional(
      Type.Boolean({
        description: 'true locks a stolen gateway out, with its token and its certificate',
        default: false,
      }),
    ),
  },
  closed,
);

const gatewayAlarmsSchema = Type.Object(
  {
    silent_after_s: Type.Optional(
      Type.Integer({
        minimum: 30,
        maximum: 86_400,
        description: 'how long a gateway may send no state',
        default: 300,
      }),
    ),
    clock_after_s: Type.Optional(
      Type.Integer({
        minimum: 60,
        maximum: 604_800,
        description: 'how long a gateway’s clock may be out of sync',
        default: 3600,
      }),
    ),
    link_after_s: Type.Optional(
      Type.Integer({
        minimum: 60,
        maximum: 604_800,
        description: 'how long an uplink of a gateway may fail',
        default: 900,
      }),
    ),
  },
  { ...closed, description: 'when the centre raises an alarm about a gateway' },
);

export const cloudSchema = Type.Object(
  {
    data: Type.String({ description: 'folder for the embedded history, the users and the keys' }),
    http: httpSchema,
    kafka: Type.Optional(kafkaSchema),
    history: Type.Optional(
      Type.Object(
        {
          url: Type.Optional(
            Type.String({
              description: 'address of a ClickHouse server or cluster, as http://clickhouse:8123/forpost',
              'x-default': 'ClickHouse embedded in the centre',
            }),
          ),
          ...allowPlaintextKey,
        },
        { ...closed, description: 'where the history is kept' },
      ),
    ),
    receiver: Type.Optional(receiverSchema),
    gateways: Type.Optional(
      Type.Record(Type.String({ pattern: idPatternText }), gatewaySchema, {
        description:
          'gateways that may use the receiver, by gateway id; one with a certificate of client_ca need not stand here',
      }),
    ),
    limits: Type.Optional(
      limits(
        'limits of each gateway that has none of its own: beyond them the receiver answers 429, Kafka refuses nothing, and the centre raises the alarm flood',
      ),
    ),
    notify: Type.Optional(Type.Array(anyChannelSchema, { description: 'channels that notify people of alarms' })),
    commands: Type.Optional(
      Type.Object(
        {
          key_file: Type.Optional(
            Type.String({
              description: 'PEM file with the Ed25519 key that signs commands',
              'x-default': 'in the data folder, made by the centre',
            }),
          ),
        },
        { ...closed, description: 'commands to gateways' },
      ),
    ),
    gateway_alarms: Type.Optional(gatewayAlarmsSchema),
    watchdog: Type.Optional(
      Type.Object(
        {
          hang_s: Type.Optional(
            Type.Number({
              minimum: 1,
              maximum: 3600,
              description:
                'how long the main thread may hang before the centre ends itself and systemd starts it again',
              default: 30,
            }),
          ),
        },
        { ...closed, description: 'what ends a process that hangs' },
      ),
    ),
    log_level: Type.Optional(
      Type.String({
        description: 'least level of the log: trace, debug, info, warn, error, fatal or silent',
        default: 'info',
      }),
    ),
  },
  closed,
);
export type CloudConfig = Type.Static<typeof cloudSchema>;
