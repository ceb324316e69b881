/** `mqtt` in gateway.yaml: the broker's listeners and limits. */
import {
  closed,
  host,
  ownServerTlsProperties,
  port,
  type WithServerFiles,
} from '@forpost/shared/config/listen-settings.ts';
import Type from 'typebox';

export const defaultMqttPort = 1883;
export const defaultMqttTlsPort = 8883;
export const defaultWebSocketPort = 8083;
export const defaultWebSocketTlsPort = 8084;

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

export const mqttSchema = Type.Object(
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
        description: 'clients that may be logged in at once; the connection of the next one is closed',
        default: 6000,
      }),
    ),
    tls: Type.Optional(
      Type.Object(
        {
          host: host('address that MQTT over TLS listens on', '0.0.0.0'),
          port: port('port of MQTT over TLS', defaultMqttTlsPort),
          ...ownServerTlsProperties,
          client_ca: Type.Optional(
            Type.String({
              description:
                'PEM file with the CA of clients’ certificates: devices, bridges and consumers may then log in by a name in theirs',
              'x-default': 'certificates count by their SHA-256 alone',
            }),
          ),
        },
        { ...closed, description: 'MQTT over TLS' },
      ),
    ),
  },
  { ...closed, description: 'the broker that meters and sensors connect to' },
);

export type MqttSettings = WithServerFiles<Type.Static<typeof mqttSchema>>;
