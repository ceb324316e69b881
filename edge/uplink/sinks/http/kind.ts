/** The sink kind `http`, the centre's receiver over HTTPS: its configuration. The sink itself is in http.ts. */
import Type from 'typebox';
import { type SinkKind, wrongSecret } from '../../sink-kind.ts';
import { httpReason } from './reasons.ts';
import { receiverAddressProblem } from './receiver-address.ts';
import { type HttpSinkConfig, schema } from './settings.ts';

/** The token by which the receiver identifies a gateway, for events and for evidence. */
export const tokenSchema = Type.Object(
  {
    token: Type.String({
      minLength: 16,
      description: 'token of this gateway at the receiver: "forpost cloud gateway token" makes it',
    }),
  },
  { additionalProperties: false, description: 'for an uplink of kind http, and for evidence' },
);

export const http: SinkKind<HttpSinkConfig> = {
  kind: 'http',
  description: 'events go to the centre’s receiver over HTTPS',
  about: 'an uplink to the centre’s receiver; its token stands in the secrets file',
  schema,
  secret: tokenSchema,
  // slower than for Kafka: very many gateways share one receiver
  backoff: { baseMs: 250, ceilingMs: 10_000 },

  check({ url, tls }, { setting }) {
    const message = receiverAddressProblem(url, tls !== undefined, `${setting}.url`, 'events');
    return message === undefined ? [] : [{ path: ['url'], message }];
  },

  checkSecret({ tls }, secret, place) {
    // a client certificate replaces the token
    const hasCertificate = tls !== undefined && tls !== true && tls.certificate !== undefined;
    return secret === undefined && hasCertificate ? undefined : wrongSecret('token', secret, place);
  },

  // a user name or password in the address is not for the page
  summary: ({ url }) => url.replace(/\/\/[^/@]*@/, '//'),

  servers({ url, tls }, now) {
    const { protocol, hostname, port } = new URL(url);
    const isSecure = protocol === 'https:';
    return [
      {
        host: hostname.replace(/^\[|\]$/g, ''),
        port: Number(port) || (isSecure ? 443 : 80),
        tls: isSecure ? (tls ?? true) : undefined,
        throughProxy: true,
        reasonOf: (error) => httpReason(error, url, tls, now()),
      },
    ];
  },

  evidence: ({ url, tls }) => ({ url, tls }),

  async create(config, context) {
    const { httpSink } = await import('./http.ts');
    return httpSink(config, context);
  },
};
