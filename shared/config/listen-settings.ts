/** Configuration keys of every part that listens on a port: address, port, certificate. */
import Type from 'typebox';

/** A port that a part of the gateway listens on, as a key of gateway.yaml. */
export const port = (description: string, otherwise: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description, default: otherwise }));
/** An address that a part of the gateway listens on, as a key of gateway.yaml. */
export const host = (description: string, otherwise: string) =>
  Type.Optional(Type.String({ description, default: otherwise }));
export const closed = { additionalProperties: false } as const;

/** `certificate` and `key` of a server. */
export const serverTlsSchema = Type.Object(
  {
    certificate: Type.String({
      description: 'PEM file with the certificate, then the certificates that lead to its CA; read again every 10 s',
    }),
    key: Type.String({ description: 'PEM file with the certificate’s key, without a passphrase' }),
  },
  closed,
);

const ownCertificate = 'made and renewed by the gateway, with the CA of the site';

/** `certificate` and `key` of a gateway's server, which may have its certificate made by the gateway itself. */
export const ownServerTlsProperties = {
  certificate: Type.Optional(
    Type.String({
      description: 'PEM file with the certificate, then the certificates that lead to its CA; read again every 10 s',
      'x-default': ownCertificate,
    }),
  ),
  key: Type.Optional(
    Type.String({
      description: 'PEM file with the certificate’s key, without a passphrase; needed with certificate',
      'x-default': ownCertificate,
    }),
  ),
};

interface ServerFiles {
  readonly certificate: string;
  readonly key: string;
}

/** The settings of a listener once loaded: a server without files of its own has those that the gateway makes. */
export type WithServerFiles<Settings extends { readonly tls?: object }> = Omit<Settings, 'tls'> & {
  tls?: Omit<NonNullable<Settings['tls']>, keyof ServerFiles> & ServerFiles;
};
