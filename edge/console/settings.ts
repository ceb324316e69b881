/** `http` in gateway.yaml: addresses, ports and TLS of the gateway's page. */
import {
  closed,
  host,
  ownServerTlsProperties,
  port,
  type WithServerFiles,
} from '@forpost/shared/config/listen-settings.ts';
import { proxyProperties } from '@forpost/shared/http/forwarded.ts';
import Type from 'typebox';

export const defaultHttpPort = 8080;
export const defaultHttpsPort = 8443;

export const httpSchema = Type.Object(
  {
    host: host('address of the page without TLS; another than loopback needs trusted_proxy', '127.0.0.1'),
    port: port('port of the page without TLS; with tls it redirects', defaultHttpPort),
    tls: Type.Optional(
      Type.Object(
        {
          host: host('address that the page over TLS listens on', '0.0.0.0'),
          port: port('port of the page over TLS', defaultHttpsPort),
          ...ownServerTlsProperties,
        },
        { ...closed, description: 'the page over TLS' },
      ),
    ),
    ...proxyProperties,
  },
  { ...closed, description: 'the installer’s page and the API' },
);

export type HttpSettings = WithServerFiles<Type.Static<typeof httpSchema>>;
