/** A message of the catalogue of texts, as it stands in the snapshot and in the outbox. What its values are, its reader judges. */
import type { Message } from '@forpost/shared/texts/message.ts';
import Type from 'typebox';

export const messageSchema = Type.Unsafe<Message>(
  Type.Object({ key: Type.String(), values: Type.Optional(Type.Record(Type.String(), Type.Unknown())) }),
);
