/** An alarm's references to its evidence, as they stand in the snapshot and in the outbox. */
import Type from 'typebox';

export const evidenceSchema = Type.Array(
  Type.Object({
    id: Type.String(),
    sha256: Type.String(),
    size: Type.Number(),
    kind: Type.Optional(Type.String()),
    media: Type.Optional(Type.String()),
  }),
);
