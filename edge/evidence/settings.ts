/** `evidence` in gateway.yaml: how long pictures and clips of alarms are kept, and where the centre takes them. */
import { clientTlsSchema } from '@forpost/shared/client-tls.ts';
import Type from 'typebox';

export const evidenceSchema = Type.Object(
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
        description: 'the same for test alarms, for severity info, and for alarms that are raised all the time',
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
          additionalProperties: false,
          description:
            'where the centre takes pictures, beside an uplink to Kafka; token: uplink: { evidence: { token } }',
        },
      ),
    ),
  },
  { additionalProperties: false, description: 'pictures and clips of alarms' },
);

export type EvidenceSettings = Type.Static<typeof evidenceSchema>;
