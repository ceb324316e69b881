/**
 * The installation's file (gateway.yaml): what belongs to this box and not to the site: ports, paths, the uplink.
 * The schema is the type, the check and, published, the editor's help.
 */
import { idPatternText } from '@forpost/shared/event/ids.ts';
import { frontProperties } from '@forpost/shared/http/forwarded.ts';
import { kafkaLoginProperties, kafkaTlsSchema } from '@forpost/shared/kafka/security.ts';
import Type from 'typebox';

const port = Type.Integer({ minimum: 1, maximum: 65_535 });
const closed = { additionalProperties: false } as const;

export const tlsSchema = Type.Object(
  {
    certificate: Type.String({ description: 'PEM file' }),
    key: Type.String({ description: 'PEM file' }),
  },
  closed,
);

/** For a metered link; what counts is on the wire, both ways, and compressed: events, commands and evidence. */
export const linkLimitSchema = Type.Object(
  {
    bytes_per_second: Type.Optional(Type.Integer({ minimum: 200, description: 'never more, but for a moment' })),
    bytes_per_day: Type.Optional(
      Type.Integer({ minimum: 100_000, description: 'of the site’s local day; alerts and commands go on beyond it' }),
    ),
  },
  closed,
);

export const kafkaSinkSchema = Type.Object(
  {
    kind: Type.Literal('kafka'),
    name: Type.Optional(Type.String({ pattern: idPatternText })),
    brokers: Type.Array(Type.String({ description: 'host:port; an IPv6 address in brackets: [::1]:9092' }), {
      minItems: 1,
    }),
    prefix: Type.Optional(
      Type.String({ pattern: '^[a-zA-Z0-9._-]{1,100}$', description: 'of the topics; default forpost' }),
    ),
    tls: Type.Optional(kafkaTlsSchema),
    /** its password stands in the secrets file: uplink: NAME: password */
    sasl: Type.Optional(Type.Object(kafkaLoginProperties, closed)),
    limit: Type.Optional(linkLimitSchema),
  },
  closed,
);

export const httpSinkSchema = Type.Object(
  {
    kind: Type.Literal('http'),
    name: Type.Optional(Type.String({ pattern: idPatternText })),
    url: Type.String({ pattern: '^https?://' }),
    /** where the receiver's CA is not a public one, and this gateway's certificate where the receiver asks for one */
    tls: Type.Optional(kafkaTlsSchema),
    limit: Type.Optional(linkLimitSchema),
  },
  closed,
);

export const installationSchema = Type.Object(
  {
    gateway: Type.String({ pattern: idPatternText, description: 'id of this gateway; never changes' }),
    name: Type.Optional(Type.String()),
    data: Type.String({ description: 'folder for the outbox, the models and the pictures' }),
    site_file: Type.String({ description: 'the site: devices, cameras, zones, rules' }),
    secrets_file: Type.String({ description: 'passwords, apart from everything else' }),
    mqtt: Type.Object(
      {
        host: Type.Optional(Type.String({ description: 'default 127.0.0.1' })),
        port: Type.Optional(port),
        /** plain MQTT on another address than loopback sends passwords in the clear: it must be asked for */
        allow_plaintext: Type.Optional(Type.Boolean()),
        websocket: Type.Optional(
          Type.Object(
            {
              host: Type.Optional(Type.String({ description: 'of ws://; default 127.0.0.1, as of plain MQTT' })),
              port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description: 'of ws://; default 8083' })),
              tls_port: Type.Optional(
                Type.Integer({
                  minimum: 1,
                  maximum: 65_535,
                  description: 'of wss://, where mqtt.tls is there, on its host and with its certificate; default 8084',
                }),
              ),
              origins: Type.Optional(
                Type.Array(Type.String({ pattern: '^(\\*|https?://[^/\\s]+)$' }), {
                  maxItems: 32,
                  description:
                    'of web pages that may connect beside those of the gateway’s own host, as https://dash.example.org; "*": of all',
                }),
              ),
            },
            closed,
          ),
        ),
        max_packet_bytes: Type.Optional(
          Type.Integer({ minimum: 1024, maximum: 16_777_216, description: 'of devices; default 262144' }),
        ),
        max_packet_bytes_of_consumers: Type.Optional(
          Type.Integer({
            minimum: 1024,
            maximum: 4_194_304,
            description: 'a bridge tells all its devices in one message; default 2097152, at least max_packet_bytes',
          }),
        ),
        max_connections: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: 100_000,
            description:
              'clients that are logged in at once; default 6000. A further one is answered «server unavailable». Each takes a file descriptor',
          }),
        ),
        tls: Type.Optional(
          Type.Object(
            { host: Type.Optional(Type.String()), port: Type.Optional(port), ...tlsSchema.properties },
            closed,
          ),
        ),
      },
      closed,
    ),
    http: Type.Object(
      {
        host: Type.Optional(Type.String({ description: 'default 127.0.0.1' })),
        port: Type.Optional(port),
        tls: Type.Optional(
          Type.Object(
            { host: Type.Optional(Type.String()), port: Type.Optional(port), ...tlsSchema.properties },
            closed,
          ),
        ),
        ...frontProperties,
      },
      closed,
    ),
    outbox: Type.Optional(
      Type.Object(
        {
          max_bytes: Type.Optional(
            Type.Integer({ minimum: 1_048_576, description: 'used within the file; default 1 GiB' }),
          ),
          min_free_bytes: Type.Optional(
            Type.Integer({
              minimum: 0,
              description:
                'of the disk: below it readings make the file grow no more; default a tenth of it, at most 256 MiB',
            }),
          ),
          keep_delivered_days: Type.Optional(Type.Number({ minimum: 0, maximum: 3650 })),
          shed_after_s: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 86_400,
              description:
                'without room for readings: how long none is acknowledged, so that devices keep them, before the oldest stored ones are deleted; default 60',
            }),
          ),
        },
        closed,
      ),
    ),
    clock: Type.Optional(
      Type.Object(
        {
          trusted: Type.Optional(
            Type.Boolean({
              description:
                'true: this machine’s clock is right without a time service; rules with hours are silent outside them, and late readings raise nothing. Default false: without a time service neither suppresses an alarm',
            }),
          ),
        },
        closed,
      ),
    ),
    /** pictures and clips of alarms */
    evidence: Type.Optional(
      Type.Object(
        {
          max_bytes: Type.Optional(Type.Integer({ minimum: 1_048_576, description: 'default 2 GiB' })),
          keep_days: Type.Optional(Type.Number({ minimum: 0, maximum: 3650, description: 'of alarms; default 30' })),
          keep_chatter_days: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 3650,
              description: 'of trials, information and what goes off all the time; default 3',
            }),
          ),
          /** where the centre takes them, if that is not the HTTPS uplink; its token: uplink: evidence: token */
          receiver: Type.Optional(
            Type.Object({ url: Type.String({ pattern: '^https?://' }), tls: Type.Optional(kafkaTlsSchema) }, closed),
          ),
        },
        closed,
      ),
    ),
    uplink: Type.Array(Type.Union([kafkaSinkSchema, httpSinkSchema]), {
      description: 'empty: the site stays on its own',
    }),
    /** whose commands are taken (acknowledge, …); absent: nobody's */
    commands: Type.Optional(
      Type.Object(
        {
          trusted_keys: Type.Optional(
            Type.Array(Type.String({ description: 'a line that "forpost cloud key" prints: ed25519:…' }), {
              maxItems: 8,
            }),
          ),
          trusted_keys_file: Type.Optional(Type.String({ description: 'file with such lines' })),
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
                'how long its main thread may not answer: then the gateway ends itself, to be started again; default 15',
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    log_level: Type.Optional(
      Type.Union(['trace', 'debug', 'info', 'warn', 'error'].map((level) => Type.Literal(level))),
    ),
  },
  closed,
);

export type Installation = Type.Static<typeof installationSchema>;
export type SinkConfig = Installation['uplink'][number];

export const defaultMqttPort = 1883;
export const defaultMqttTlsPort = 8883;
export const defaultWebSocketPort = 8083;
export const defaultWebSocketTlsPort = 8084;
export const defaultHttpPort = 8080;
export const defaultHttpsPort = 8443;
