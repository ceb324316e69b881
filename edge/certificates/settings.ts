/** `certificates` in gateway.yaml: the certificates that the gateway makes itself. */
import { closed } from '@forpost/shared/config/listen-settings.ts';
import Type from 'typebox';

/** A DNS name or an IP address, without a port. */
const namePattern = '^[A-Za-z0-9:._-]{1,253}$';

export const certificatesSchema = Type.Object(
  {
    names: Type.Optional(
      Type.Array(Type.String({ pattern: namePattern }), {
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
