/** GET /api/v1/events and one event by its id. */
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { problem } from '@forpost/shared/http/schema.ts';
import { timeOf } from '@forpost/shared/http/validation.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { asked } from '../api/answers.ts';
import type { CapabilityKind } from '../api/capability.ts';
import { cursorAfter } from '../history/queries.ts';
import type { EventPage, HistoryStore } from '../history/store.ts';
import { inAnyLanguage } from './in-any-language.ts';
import { type EventsAnswer, eventParams, eventSchema, eventsAnswer, eventsQuery } from './schemas.ts';
import { withinBytes } from './shorten.ts';

export interface EventServices {
  readonly history: Pick<HistoryStore, 'events' | 'stored'>;
}

const defaultEvents = 100;
/** Of one event: longer data is left in the history. */
const mostBytesRead = 16_384;
/** Of one page of events. */
const maxPageBytes = 2_000_000;

export const events: CapabilityKind<EventServices> = {
  name: 'events',
  create: ({ history }) => ({
    routes(api) {
      api.get(
        '/api/v1/events',
        {
          config: { right: 'see' },
          schema: {
            summary: 'Events, newest first, by what they are about and when they happened',
            querystring: eventsQuery,
            response: { 200: eventsAnswer },
          },
        },
        async ({ query: { from, to, limit = defaultEvents, ...filters } }) =>
          pageWithinBytes(
            history.events({
              ...filters,
              limit,
              mostBytes: mostBytesRead,
              ...(from === undefined ? {} : { from: timeOf('from', from) }),
              ...(to === undefined ? {} : { to: timeOf('to', to) }),
            }),
          ),
      );

      api.get(
        '/api/v1/events/:gateway/:epoch/:lane/:sequence',
        {
          config: { right: 'see' },
          schema: {
            summary: 'One event by its id, with all of its data, however long',
            params: eventParams,
            response: { 200: eventSchema, 404: problem('no such event is stored') },
          },
        },
        async ({ params: { sequence, ...key } }) => {
          const [event] = await asked(history.stored(key, [Number(sequence)]));
          if (event === undefined)
            throw new HttpProblem(
              404,
              message('centre/reason.no-event', { event: `${key.gateway}/${key.epoch}/${key.lane}/${sequence}` }),
            );
          return event;
        },
      );
    },
  }),
};

/** A page within its bytes. Where the page was cut, its cursor goes on from the last event in it. */
async function pageWithinBytes(page: Promise<EventPage>): Promise<EventsAnswer> {
  const { events: found, cursor } = await asked(page);
  const kept = withinBytes(found, maxPageBytes).map(inAnyLanguage);
  const last = found[kept.length - 1];
  const next = kept.length < found.length && last !== undefined ? cursorAfter(last) : cursor;
  return { events: kept, ...(next === undefined ? {} : { cursor: next }) };
}
