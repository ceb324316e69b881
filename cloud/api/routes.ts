/** The API's addresses: what each asks of the centre's parts. All of them are behind the log-in. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { Login } from '@forpost/shared/http/login.ts';
import { HttpProblem, tryAgainIn } from '@forpost/shared/http/problem.ts';
import type { FastifyInstance } from 'fastify';
import { registerCommandRoutes } from '../commands/routes.ts';
import { withinBytes } from '../events/shorten.ts';
import { cursorAfter } from '../history/queries.ts';
import type { EventPage } from '../history/store.ts';
import { seriesPlan, unitOf } from '../series/plan.ts';
import type { ApiParts } from './api.ts';
import type { EventsAnswer } from './schemas.ts';
import * as schemas from './schemas.ts';
import type { LiveStreams } from './stream.ts';
import { timeOf } from './validation.ts';
import { alarmsPage, centreAlarmView, drawable, gatewayView, ownFirst } from './views.ts';

export interface RouteParts
  extends Pick<
    ApiParts,
    | 'history'
    | 'gateways'
    | 'centreAlarms'
    | 'acknowledgements'
    | 'service'
    | 'ledger'
    | 'centre'
    | 'commands'
    | 'clock'
  > {
  readonly login: Login;
  readonly streams: LiveStreams;
}

/** What the history refuses of a question is the asker's to mend. */
async function asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ForpostError && error.code === 'FORPOST_PAYLOAD_INVALID')
      throw new HttpProblem(400, error.message);
    if (error instanceof ForpostError && error.code === 'FORPOST_LANE_SCATTERED')
      throw new HttpProblem(422, error.message);
    throw error;
  }
}

const serviceRetryMs = 2_000;
const defaultEvents = 100;
const defaultAlarms = 200;
/** Of one event: longer data is left in the history. */
const mostBytesRead = 16_384;
/** Of one page of events. */
const maxPageBytes = 2_000_000;
const dayMs = 86_400_000;

/** A page within its bytes; where it was cut, its cursor goes on from the last event in it. */
async function eventsPage(page: Promise<EventPage>): Promise<EventsAnswer> {
  const { events, cursor } = await asked(page);
  const kept = withinBytes(events, maxPageBytes);
  const last = events[kept.length - 1];
  const next = kept.length < events.length && last !== undefined ? cursorAfter(last) : cursor;
  return { events: kept, ...(next === undefined ? {} : { cursor: next }) };
}

export function registerRoutes(server: FastifyInstance, parts: RouteParts): void {
  const isOut = (gateway: string) => parts.service?.isOut(gateway) ?? false;
  const { history, gateways, ledger, centre, clock, login, streams } = parts;
  const app = server.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/v1/events',
    {
      config: { right: 'see' },
      schema: {
        summary: 'Events, newest first, by what they are about and when they happened',
        querystring: schemas.eventsQuery,
        response: { 200: schemas.eventsAnswer },
      },
    },
    async ({ query: { from, to, limit = defaultEvents, ...filters } }) =>
      eventsPage(
        history.events({
          ...filters,
          limit,
          mostBytes: mostBytesRead,
          ...(from === undefined ? {} : { from: timeOf('from', from) }),
          ...(to === undefined ? {} : { to: timeOf('to', to) }),
        }),
      ),
  );

  app.get(
    '/api/v1/events/:gateway/:epoch/:lane/:sequence',
    {
      config: { right: 'see' },
      schema: {
        summary: 'One event by its id, with all of its data, however long',
        params: schemas.eventParams,
        response: { 200: schemas.eventSchema },
      },
    },
    async ({ params: { sequence, ...key } }) => {
      const [event] = await asked(history.stored(key, [Number(sequence)]));
      if (event === undefined)
        throw new HttpProblem(404, `no event ${key.gateway}/${key.epoch}/${key.lane}/${sequence} is stored`);
      return event;
    },
  );

  app.get(
    '/api/v1/sites',
    {
      config: { right: 'see' },
      schema: { summary: 'Sites and their gateways', response: { 200: schemas.sitesAnswer } },
    },
    async () => ({ sites: gateways.sites() }),
  );

  app.get(
    '/api/v1/gateways',
    {
      config: { right: 'see' },
      schema: { summary: 'Gateways as they are now', response: { 200: schemas.gatewaysAnswer } },
    },
    async () => ({
      now: rfc3339(clock.now()),
      gateways: gateways.all().map((known) => gatewayView(known, !isOut(known.gateway))),
    }),
  );

  app.post(
    '/api/v1/gateways/:id/service',
    {
      config: { right: 'act' },
      schema: {
        summary: 'Takes a gateway out of service, or back: out of service the centre raises nothing about it',
        params: schemas.idParams,
        body: schemas.serviceBody,
        response: { 200: schemas.serviceAnswer },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { in_service: inService } = request.body;
      if (parts.service === undefined || gateways.get(id) === undefined)
        throw new HttpProblem(404, `no gateway "${id}" is known`);
      try {
        await parts.service.set(id, !inService, login.sessionOf(request)?.user ?? '');
      } catch (error) {
        if (!(error instanceof ForpostError)) throw error;
        throw tryAgainIn(503, serviceRetryMs, `${messageOf(error)}. It is as it was: try again`);
      }
      return { gateway: id, in_service: inService };
    },
  );

  app.get(
    '/api/v1/gateways/:id/ledger',
    {
      config: { right: 'see' },
      schema: {
        summary: 'What a gateway assigned, and what of it was received, shed, is missing or waits',
        description:
          'Counts cover all of it; of ranges and gap records the first ones, and how many are left out. Ask for one ' +
          'epoch and lane with `after` to page through them. An event that arrived although a gap record names it ' +
          'counts as received.',
        params: schemas.idParams,
        querystring: schemas.ledgerQuery,
        response: { 200: schemas.ledgerSchema },
      },
    },
    async ({ params: { id }, query }) => {
      const found = await asked(ledger(id, query));
      if (found === undefined) throw new HttpProblem(404, `no gateway "${id}" is known`);
      return found;
    },
  );

  app.get(
    '/api/v1/alarms',
    {
      config: { right: 'see' },
      schema: {
        summary: 'Alarms that are active, that wait for an acknowledgement, or that ended lately; newest first',
        querystring: schemas.alarmsQuery,
        response: { 200: schemas.alarmsAnswer },
      },
    },
    async ({ query: { since, limit = defaultAlarms, site, gateway, skip } }) => {
      const from = since === undefined ? clock.now() - dayMs : timeOf('since', since);
      const own = (parts.centreAlarms?.all() ?? [])
        .map(centreAlarmView)
        .filter((alarm) => (site ?? alarm.site) === alarm.site && (gateway ?? alarm.gateway) === alarm.gateway)
        .filter(({ open, changed }) => open || Date.parse(changed) >= from);
      const filter = {
        ...(site === undefined ? {} : { site }),
        ...(gateway === undefined ? {} : { gateway }),
        ...(skip === undefined ? {} : { skip }),
      };
      const first = (skip ?? 0) > 0 ? [] : ownFirst(own, limit);
      return alarmsPage(own, first, await asked(history.alarms(from, limit - first.length, filter)));
    },
  );

  app.get(
    '/api/v1/series',
    {
      config: { right: 'see' },
      schema: {
        summary: 'One metric of one device in steps of time',
        querystring: schemas.seriesQuery,
        response: { 200: schemas.seriesAnswer },
      },
    },
    async ({ query }) => {
      const plan = seriesPlan(query, clock.now());
      const points = await asked(history.series(plan));
      return {
        device: plan.device,
        metric: plan.metric,
        unit: unitOf(plan.metric),
        from: rfc3339(plan.from),
        to: rfc3339(plan.to),
        step: plan.stepSeconds,
        agg: plan.aggregate,
        tz: plan.timezone,
        points,
      };
    },
  );

  app.get(
    '/api/v1/metrics',
    {
      config: { right: 'see' },
      schema: { summary: 'Devices with the metrics they sent lately', response: { 200: schemas.metricsAnswer } },
    },
    async () => ({ metrics: drawable(await history.metrics(), gateways) }),
  );

  app.get(
    '/api/v1/centre',
    {
      config: { right: 'see' },
      schema: {
        summary: 'How the centre itself is: ingest, dead letters, notifier, and what is wrong in words',
        response: { 200: schemas.centreAnswer },
      },
    },
    async () => centre(),
  );

  registerCommandRoutes(server, parts);

  app.get(
    '/api/v1/stream',
    {
      config: { right: 'see' },
      schema: {
        summary: 'Server-sent events: hello, tick, centre, events, alert, command, gateway, ledger',
        produces: ['text/event-stream'],
      },
    },
    async (request, reply) => {
      streams.open(request, reply, login.sessionOf(request));
      return reply;
    },
  );
}
