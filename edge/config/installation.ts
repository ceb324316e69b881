/**
 * The installation's file (gateway.yaml): what belongs to this box and not to the site: ports, paths, the uplink.
 * The schema is the type, the check and, published, the editor's help.
 */

import { clientTlsSchema } from '@forpost/shared/client-tls.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import { frontProperties } from '@forpost/shared/http/forwarded.ts';
import Type from 'typebox';
import { anySinkSchema } from './sink-schemas.ts';

const port = (description: string, otherwise: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description, default: otherwise }));
const host = (description: string, otherwise: string) =>
  Type.Optional(Type.String({ description, default: otherwise }));
const closed = { additionalProperties: false } as const;

export const defaultMqttPort = 1883;
export const defaultMqttTlsPort = 8883;
export const defaultWebSocketPort = 8083;
export const defaultWebSocketTlsPort = 8084;
export const defaultHttpPort = 8080;
export const defaultHttpsPort = 8443;

export const tlsSchema = Type.Object(
  {
    certificate: Type.String({
      description: 'PEM file with the certificate, then the certificates that lead to its CA; read again every 10 s',
    }),
    key: Type.String({ description: 'PEM file with the certificate’s key, without a passphrase' }),
  },
  closed,
);

const websocketSchema = Type.Object(
  {
    host: host('address that ws:// listens on', '127.0.0.1'),
    port: port('port of ws://', defaultWebSocketPort),
    tls_port: port('port of wss://; it uses the host and the certificate of mqtt.tls', defaultWebSocketTlsPort),
    origins: Type.Optional(
      Type.Array(Type.String({ pattern: '^(\\*|https?://[^/\\s]+)$' }), {
        maxItems: 32,
        description: 'web pages that may connect, as https://dash.example.org; "*" allows every page',
        'x-default': 'pages of the gateway’s own host',
      }),
    ),
  },
  { ...closed, description: 'MQTT over WebSocket, for programs that run in a browser' },
);

const mqttSchema = Type.Object(
  {
    host: host('address that MQTT without TLS listens on; another than loopback needs allow_plaintext', '127.0.0.1'),
    port: port('port of MQTT without TLS', defaultMqttPort),
    allow_plaintext: Type.Optional(
      Type.Boolean({
        description: 'true allows MQTT without TLS on other addresses than loopback, where the network sees passwords',
        default: false,
      }),
    ),
    websocket: Type.Optional(websocketSchema),
    max_packet_bytes: Type.Optional(
      Type.Integer({
        minimum: 1024,
        maximum: 16_777_216,
        description: 'longest MQTT packet of a device',
        default: 262_144,
      }),
    ),
    max_packet_bytes_of_consumers: Type.Optional(
      Type.Integer({
        minimum: 1024,
        maximum: 4_194_304,
        description: 'longest MQTT packet of a consumer, at least max_packet_bytes: a bridge sends all devices in one',
        default: 2_097_152,
      }),
    ),
    max_connections: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        description: 'clients that may be logged in at once; the next one is answered «server unavailable»',
        default: 6000,
      }),
    ),
    tls: Type.Optional(
      Type.Object(
        {
          host: host('address that MQTT over TLS listens on', '0.0.0.0'),
          port: port('port of MQTT over TLS', defaultMqttTlsPort),
          ...tlsSchema.properties,
        },
        { ...closed, description: 'MQTT over TLS' },
      ),
    ),
  },
  { ...closed, description: 'the broker that meters and sensors connect to' },
);

const httpSchema = Type.Object(
  {
    host: host('address of the page without TLS; another than loopback needs trusted_proxy', '127.0.0.1'),
    port: port('port of the page without TLS; with tls it redirects', defaultHttpPort),
    tls: Type.Optional(
      Type.Object(
        {
          host: host('address that the page over TLS listens on', '0.0.0.0'),
          port: port('port of the page over TLS', defaultHttpsPort),
          ...tlsSchema.properties,
        },
        { ...closed, description: 'the page over TLS' },
      ),
    ),
    ...frontProperties,
  },
  { ...closed, description: 'the installer’s page and the API' },
);

const outboxSchema = Type.Object(
  {
    max_bytes: Type.Optional(
      Type.Integer({
        minimum: 1_048_576,
        description: 'room that events may take within the outbox file',
        default: 1_073_741_824,
      }),
    ),
    min_free_bytes: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'free room that readings leave on the disk: below it the outbox file does not grow',
        'x-default': 'a tenth of the disk, at most 268435456',
      }),
    ),
    keep_delivered_days: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 3650,
        description: 'how long delivered events stay for a replay, while there is room',
        default: 7,
      }),
    ),
    shed_after_s: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 86_400,
        description: 'without room: how long no reading is acknowledged before the oldest stored ones are deleted',
        default: 60,
      }),
    ),
  },
  { ...closed, description: 'the store of events that wait for the centre' },
);

const evidenceSchema = Type.Object(
  {
    max_bytes: Type.Optional(
      Type.Integer({
        minimum: 1_048_576,
        description: 'room for pictures and clips; beyond it the least valuable ones are deleted',
        default: 2_147_483_648,
      }),
    ),
    keep_days: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 3650,
        description: 'how long pictures and clips of alarms are kept',
        default: 30,
      }),
    ),
    keep_chatter_days: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 3650,
        description: 'the same for trials, for severity info, and for alarms that are raised all the time',
        default: 3,
      }),
    ),
    receiver: Type.Optional(
      Type.Object(
        {
          url: Type.String({
            pattern: '^https?://',
            description: 'address of the centre’s receiver; http:// on loopback only',
          }),
          tls: Type.Optional(clientTlsSchema),
        },
        {
          ...closed,
          description:
            'where the centre takes pictures, beside an uplink to Kafka; token: uplink: { evidence: { token } }',
        },
      ),
    ),
  },
  { ...closed, description: 'pictures and clips of alarms' },
);

export const installationSchema = Type.Object(
  {
    gateway: Type.String({ pattern: idPatternText, description: 'id of this gateway in every event; never changes' }),
    name: Type.Optional(Type.String({ description: 'name of this gateway for people', 'x-default': 'its id' })),
    data: Type.String({ description: 'folder for the outbox, the models and the pictures' }),
    site_file: Type.String({ description: 'path of site.yaml: devices, cameras, zones, rules' }),
    secrets_file: Type.String({ description: 'path of secrets.yaml: passwords and tokens' }),
    mqtt: mqttSchema,
    http: httpSchema,
    outbox: Type.Optional(outboxSchema),
    clock: Type.Optional(
      Type.Object(
        {
          trusted: Type.Optional(
            Type.Boolean({
              description:
                'true: this machine’s clock is right without a time service. With false, rules with hours and late readings raise alarms until a time service confirms the clock',
              default: false,
            }),
          ),
        },
        { ...closed, description: 'the clock of this machine' },
      ),
    ),
    evidence: Type.Optional(evidenceSchema),
    uplink: Type.Array(anySinkSchema, {
      description: 'where events go; an empty list keeps the site on its own',
    }),
    commands: Type.Optional(
      Type.Object(
        {
          trusted_keys: Type.Optional(
            Type.Array(Type.String({ description: 'a line that "forpost cloud key" prints, as ed25519:…' }), {
              maxItems: 8,
              description: 'public keys of centres whose commands are carried out, as "forpost cloud key" prints them',
            }),
          ),
          trusted_keys_file: Type.Optional(Type.String({ description: 'file with such keys, one a line' })),
        },
        { ...closed, description: 'which centre may send commands (acknowledge, replay, …); absent: none' },
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
                'how long the main thread may hang before the gateway ends itself and systemd starts it again',
              default: 15,
            }),
          ),
        },
        { ...closed, description: 'what ends a process that hangs' },
      ),
    ),
    log_level: Type.Optional(
      Type.Union(
        ['trace', 'debug', 'info', 'warn', 'error'].map((level) => Type.Literal(level)),
        { description: 'least level of the log', default: 'info' },
      ),
    ),
  },
  closed,
);

export type Installation = Type.Static<typeof installationSchema>;
