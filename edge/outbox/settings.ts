/** `outbox` in gateway.yaml: how much room events have, and how long they stay. */
import Type from 'typebox';

export const outboxSchema = Type.Object(
  {
    max_bytes: Type.Optional(
      Type.Integer({
        minimum: 1_048_576,
        description: 'room that events may take within the outbox file',
        default: 1_073_741_824,
      }),
    ),
    min_free_bytes: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'free room that readings leave on the disk: below it the outbox file does not grow',
        'x-default': 'a tenth of the disk, at most 268435456',
      }),
    ),
    keep_delivered_days: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 3650,
        description: 'how long delivered events stay for a replay, while there is room',
        default: 7,
      }),
    ),
    shed_after_s: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 86_400,
        description: 'without room: how long no reading is acknowledged before the oldest stored ones are deleted',
        default: 60,
      }),
    ),
  },
  { additionalProperties: false, description: 'the store of events that wait for the centre' },
);

export type OutboxSettings = Type.Static<typeof outboxSchema>;
