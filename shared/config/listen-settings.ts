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
