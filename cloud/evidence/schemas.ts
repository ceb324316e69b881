/** Evidence over HTTP: a request to a gateway, and an item with how much of it is here. */
import { idPatternText } from '@forpost/shared/event/ids.ts';
import Type from 'typebox';

/** of one picture or clip */
export const mostItemBytes = 128 * 1024 ** 2;
export const mediaSchema = Type.Union([Type.Literal('image/jpeg'), Type.Literal('video/mp4')], {
  description: 'media type of the picture or clip',
});
const closed = { additionalProperties: false } as const;
export const sha256Schema = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'sha256 of the picture or clip, in hex',
});
const evidence = Type.String({
  pattern: '^[0-9a-f]{16}$',
  description: 'id of the picture or clip, as the alert names it',
});

export const askBody = Type.Object(
  {
    evidence,
    sha256: sha256Schema,
    size: Type.Integer({ minimum: 1, maximum: mostItemBytes, description: 'its size in bytes' }),
    media: Type.Optional(mediaSchema),
    alarm: Type.String({ minLength: 1, maxLength: 300, description: 'id of the alarm' }),
  },
  closed,
);
export const listQuery = Type.Object(
  { alarm: Type.Optional(Type.String({ maxLength: 300, description: 'only of this alarm' })) },
  closed,
);
export const fileQuery = Type.Object(
  {
    alarm: Type.Optional(
      Type.String({ maxLength: 300, description: 'id of the alarm that is looked at; it stands in the audit' }),
    ),
  },
  closed,
);
export const evidenceView = Type.Object({
  evidence,
  sha256: sha256Schema,
  size: Type.Integer({ description: 'bytes of the whole file' }),
  received: Type.Integer({ description: 'bytes that are here' }),
  media: mediaSchema,
  alarm: Type.String({ description: 'that it was first asked for' }),
  others: Type.Optional(Type.Array(Type.String(), { description: 'alarms that share it and it was asked for' })),
  by: Type.String({ description: 'who asked for it' }),
  asked: Type.String({ format: 'date-time', description: 'when it was asked for' }),
  arrived: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'when the whole file was here; null: not yet',
  }),
});
export type EvidenceView = Type.Static<typeof evidenceView>;
export const listAnswer = Type.Object({ evidence: Type.Immutable(Type.Array(evidenceView)) });
export const fileParams = Type.Object(
  { id: Type.String({ pattern: idPatternText, description: 'id of the gateway' }), sha256: sha256Schema },
  closed,
);
