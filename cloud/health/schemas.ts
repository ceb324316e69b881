/** The condition of the centre itself over HTTP. */

import { answer, list, message, optional, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';

export const centreAnswer = answer({
  started: time('of this centre'),
  current: Type.Boolean({ description: 'whether what the centre shows is the present' }),
  as_of: Type.Union([time('the time that the answer shows; now while it is current'), Type.Null()], {
    description: 'null: nothing is known since the start',
  }),
  why_old: Type.String({ description: 'why it is not the present, in words; empty where it is' }),
  why_old_i18n: optional(message('`why_old` as a message of the catalogue')),
  problems: list(Type.String({ description: 'a sentence for staff: what is wrong now, or was lost since the start' })),
  problems_i18n: optional(list(message('each of `problems` as a message of the catalogue'))),
  notes: list(Type.String({ description: 'what staff should know and need not mend: that the centre is catching up' })),
  notes_i18n: optional(list(message('each of `notes` as a message of the catalogue'))),
  ingest: answer({
    connected: Type.Boolean({ description: 'whether what the gateways send is being read; true without Kafka' }),
    reasons: list(Type.String({ description: 'why not' })),
    stored: Type.Integer({ description: 'events, since the start' }),
    repeated: Type.Integer({ description: 'came again and were not stored again, since the start' }),
    unread: Type.Integer({ description: 'records in Kafka that are not in the history yet' }),
  }),
  dead_letters: answer({
    count: Type.Integer({ description: 'since the start' }),
    /** also from before the start, for a week */
    recent: list(
      answer({
        at: time('when the centre met it'),
        topic: Type.String({ description: 'it stood in; "receiver" where it came without Kafka' }),
        partition: Type.Integer({ description: 'partition of the record' }),
        offset: Type.String({ description: 'offset of the record, decimal' }),
        gateway: Type.String({ description: 'by the record’s key' }),
        reason: Type.String({ description: 'why, in words; empty where all is well' }),
      }),
    ),
  }),
  notifier: answer({
    connected: Type.Boolean({ description: 'whether alerts are being read' }),
    reason: Type.String({ description: 'why, in words; empty where all is well' }),
    channels: list(
      answer({
        channel: Type.String({ description: 'id of the channel' }),
        sent: Type.Integer({ description: 'notifications sent since the start' }),
        failed: Type.Integer({ description: 'given up' }),
        retries: Type.Integer({ description: 'failed tries since the start' }),
        queue: Type.Integer({ description: 'notifications that wait or are being sent' }),
        lastError: Type.String({ description: 'empty where the last try went well' }),
        unreachable: Type.Optional(
          Type.String({ description: 'why it cannot be reached, from the check at the start; absent where it can' }),
        ),
      }),
    ),
  }),
});
export type CentreView = Type.Static<typeof centreAnswer>;
