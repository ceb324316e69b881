/** Events over HTTP: the filters of a question, and an event as the history has it. */

import { answer, closed, id, lane, list, optional, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';

export const maxEvents = 1000;

export const eventParams = Type.Object(
  {
    gateway: id('id of the gateway'),
    epoch: id('epoch of the gateway’s outbox'),
    lane,
    sequence: Type.String({ pattern: '^[1-9][0-9]{0,15}$', description: 'sequence number, decimal' }),
  },
  closed,
);

export const eventsQuery = Type.Object(
  {
    site: optional(id('only of this site')),
    gateway: optional(id('only of this gateway')),
    device: optional(id('only of this device')),
    type: optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'only of this type, as forpost.reading.v1' }),
    ),
    lane: optional(lane),
    from: optional(time('earliest event time, inclusive; the corrected time counts where there is one')),
    to: optional(time('latest event time, exclusive; the corrected time counts where there is one')),
    limit: optional(
      Type.Integer({ minimum: 1, maximum: maxEvents, description: 'most events in the answer, default 100' }),
    ),
    cursor: optional(Type.String({ minLength: 1, maxLength: 1000, description: 'the `cursor` of the page before' })),
  },
  closed,
);

export const eventSchema = answer({
  specversion: Type.Literal('1.0', { description: 'version of CloudEvents' }),
  id: Type.String({ description: '<gateway>/<epoch>/<lane>/<sequence>' }),
  source: Type.String({ description: 'the device or gateway, as a URI' }),
  type: Type.String({ description: 'type of the event, as forpost.reading.v1' }),
  subject: optional(Type.String({ description: 'the device' })),
  time: time('when it happened, as it came'),
  datacontenttype: Type.Literal('application/json', { description: 'media type of `data`' }),
  site: Type.String({ description: 'id of the site' }),
  gateway: Type.String({ description: 'id of the gateway' }),
  epoch: Type.String({ description: 'epoch of the gateway’s outbox' }),
  lane,
  sequence: Type.String({ description: 'decimal' }),
  received: time('when the gateway took it, as it came'),
  stored: time('when the centre stored it'),
  corrected_time: optional(
    time(
      'where the gateway stamped `time` with a clock out of sync, and a later sync showed by how much: when it happened',
    ),
  ),
  doubted: optional(
    Type.Union([Type.Literal('future'), Type.Literal('past')], {
      description:
        'its own `time` cannot be (a day after it was stored, or before 2000): it stands where it was stored',
    }),
  ),
  corrected_received: optional(time('the same for `received`')),
  clock: Type.Union([Type.Literal('synced'), Type.Literal('unsynced')], {
    description: 'whether the gateway’s clock was in sync',
  }),
  boot: Type.String({ description: 'id of the gateway’s boot' }),
  uptime: Type.String({ description: 'ms of the boot’s monotonic clock, decimal' }),
  data: Type.Unknown({ description: 'the event itself, by its type' }),
  shortened: optional(
    Type.Integer({
      description:
        'bytes of the whole data: `data`, and attributes that Forpost does not know, are shortened here; all of it stands at /api/v1/events/<id>',
    }),
  ),
});
export type EventView = Type.Static<typeof eventSchema>;

export const eventsAnswer = answer({
  events: list(eventSchema),
  cursor: optional(Type.String({ description: 'absent on the last page' })),
});
export type EventsAnswer = Type.Static<typeof eventsAnswer>;
