/** A message of the catalogue of texts, as the snapshot and the outbox have it. Its reader checks the values. */
import type { Message } from '@forpost/shared/texts/message.ts';
import Type from 'typebox';

export const messageSchema = Type.Unsafe<Message>(
  Type.Object({ key: Type.String(), values: Type.Optional(Type.Record(Type.String(), Type.Unknown())) }),
);
