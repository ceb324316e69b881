/** `certificates` in gateway.yaml: the certificates that the gateway makes itself. */
import { closed } from '@forpost/shared/config/listen-settings.ts';
import Type from 'typebox';

export const certificatesSchema = Type.Object(
  {
    names: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
        maxItems: 32,
        description:
          'further names and addresses by which devices and people reach this gateway, as gateway.example.org or 203.0.113.7',
        'x-default': 'host name, host name with .local, and all addresses of this machine',
      }),
    ),
  },
  { ...closed, description: 'the certificates that the gateway makes with the CA of its site' },
);

export type CertificatesSettings = Type.Static<typeof certificatesSchema>;
