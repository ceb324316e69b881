/** The ledger over HTTP: counts of each lane, and of each kind the first ranges. */

import { answer, closed, id, lane, list, message, optional, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';

/** Events of one lane in numbers: assigned = received + shed + missing + waiting. */
const counts = {
  assigned: Type.Integer({ description: 'numbers given by the gateway' }),
  received: Type.Integer({ description: 'in the history' }),
  shed: Type.Integer({ description: 'named in a gap record, and not received' }),
  missing: Type.Integer({ description: 'below what was called safe, and neither received nor shed' }),
  waiting: Type.Integer({ description: 'above it, or perhaps unread in Kafka: on the site, or on the way' }),
} as const;

export const ledgerQuery = Type.Object(
  {
    epoch: optional(id('only of this epoch of the outbox')),
    lane: optional(lane),
    after: optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'the `next` of the answer before: only ranges after this number',
      }),
    ),
    limit: optional(
      Type.Integer({ minimum: 1, maximum: 1000, description: 'most ranges of each kind of one lane, default 20' }),
    ),
    skip: optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000,
        description: 'number of lanes to leave out at the beginning: those of the answers before',
      }),
    ),
  },
  closed,
);

const ledgerRanges = answer({
  ranges: list(
    Type.Unsafe<readonly [number, number]>(
      Type.Tuple([Type.Integer(), Type.Integer()], { description: 'first and last number of a range' }),
    ),
  ),
  left_out: Type.Integer({ description: 'ranges that are not in this answer' }),
  next: optional(Type.Integer({ description: 'ask with `after` set to this; absent where nothing is left out' })),
});

const ledgerLane = answer({
  epoch: Type.String({ description: 'epoch of the gateway’s outbox' }),
  lane,
  ...counts,
  duplicates: Type.Integer({ description: 'events that arrived again and were dropped' }),
  settled: Type.Integer({ description: 'last number of which it is known whether it arrived' }),
  reasons: list(
    answer({
      reason: Type.String({ description: 'why events were shed, in words' }),
      reason_i18n: optional(message('`reason` as a message of the catalogue')),
      count: Type.Integer({ description: 'events shed for it' }),
    }),
  ),
  ranges: answer({ received: ledgerRanges, shed: ledgerRanges, missing: ledgerRanges, waiting: ledgerRanges }),
  gaps: list(
    answer({
      from: Type.Integer({ description: 'first number of the gap' }),
      to: Type.Union([Type.Integer(), Type.Null()], {
        description: 'null: the end is not known; 0: the events never had a number',
      }),
      count: Type.Integer({ description: 'as the gateway counted' }),
      reason: Type.String({ description: 'why events were shed, in words' }),
      reason_i18n: optional(message('`reason` as a message of the catalogue')),
      first_time: optional(Type.String({ description: 'time of the first event of the gap' })),
      last_time: optional(Type.String({ description: 'time of the last event of the gap' })),
    }),
  ),
  gaps_left_out: Type.Integer({ description: 'gap records that are not in this answer' }),
});
export type LedgerLaneView = Type.Static<typeof ledgerLane>;

export const ledgerSchema = answer({
  gateway: Type.String({ description: 'id of the gateway' }),
  counted: optional(time('when the centre counted')),
  ...counts,
  duplicates: Type.Integer({ description: 'rows that the history holds twice and shows once' }),
  lanes: list(ledgerLane),
  lanes_left_out: Type.Integer({ description: 'lanes behind these: ask with `skip`' }),
});
export type LedgerView = Type.Static<typeof ledgerSchema>;
