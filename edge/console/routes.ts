/** The routes of the console's API. All are behind the log-in, except those of `registerOpenRoutes`. */
import type { Clock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { EventStreams } from '@forpost/shared/http/event-stream.ts';
import type { Login } from '@forpost/shared/http/login.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import type { FastifyInstance, FastifyReply, FastifySchema } from 'fastify';
import Type from 'typebox';
import type { GatewayHealth, HealthAnswer } from '../health/health.ts';
import type { GatewayMetrics } from '../health/metrics.ts';
import type { DeadLetter } from '../outbox/outbox.ts';
import { registerEvidenceRoutes } from './evidence-routes.ts';
import { LiveStreams } from './live.ts';
import { registerSceneRoutes } from './scene-routes.ts';
import type { ConsoleSource } from './source.ts';
import { statusView } from './status-view.ts';
import type { DeadLetterView, EarlierAlarmsView } from './view.ts';

/** A request for a picture keeps the camera's picture fresh for this long. */
const watchSeconds = 10;
/** Shown bytes of a dead letter's payload: enough to recognise it. */
const shownPayloadBytes = 2000;
const maxDeadLetters = 200;
/** Header of a picture: when its frame was complete, RFC 3339 with ms; the frame's scene has the same time. */
const takenHeader = 'forpost-taken';

const acknowledgeSchema = Type.Object(
  { alarm: Type.String({ minLength: 1, maxLength: 200, description: 'id of the alarm' }) },
  { additionalProperties: false },
);
const deadLettersSchema = Type.Object({
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: maxDeadLetters,
      description: 'maximum number of messages in the answer, default 20',
    }),
  ),
  device: Type.Optional(Type.String({ maxLength: 64, description: 'only of this device' })),
});
const refusedSchema = Type.Object({
  principal: Type.Optional(Type.String({ maxLength: 64, description: 'only of this device or consumer' })),
});
const earlierSchema = Type.Object({
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, description: 'maximum number of alarms in the answer, default 20' }),
  ),
  before: Type.Optional(
    Type.String({ maxLength: 300, description: 'id of an alarm, the `next` of the page before: only older alarms' }),
  ),
  until: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339: only alarms raised by then' })),
  device: Type.Optional(Type.String({ maxLength: 64, description: 'only of this device or camera' })),
  pictured: Type.Optional(
    Type.Boolean({ description: 'true: only alarms with a picture or a clip that is still kept' }),
  ),
});
const cameraSchema = Type.Object({ id: Type.String({ maxLength: 64, description: 'id of the camera' }) });
const streamSchema = Type.Object({
  watch: Type.Optional(
    Type.String({ maxLength: 2000, description: 'ids of the cameras whose tracks are wanted, separated by commas' }),
  ),
});

/** GET /healthz and /readyz, for supervisors, without a log-in. They answer yes or no with the reasons, and nothing else. */
export function registerOpenRoutes(app: FastifyInstance, health: Pick<GatewayHealth, 'alive' | 'ready'>): void {
  const answer = (reply: FastifyReply, { ok, reasons }: HealthAnswer) =>
    reply.code(ok ? 200 : 503).send({ status: ok ? 'ok' : 'failing', reasons });
  const open = (summary: string) => ({ config: { right: 'open' }, schema: { summary } }) as const;
  app.get('/healthz', open('Whether the process answers'), async (_request, reply) => answer(reply, health.alive()));
  app.get('/readyz', open('Whether the gateway can do its work, and why not'), async (_request, reply) =>
    answer(reply, health.ready()),
  );
}

export interface RouteParts {
  readonly source: ConsoleSource;
  readonly login: Login;
  readonly clock: Clock;
  readonly metrics: Pick<GatewayMetrics, 'contentType' | 'render'>;
}

export function registerRoutes(app: FastifyInstance, { source, login, clock, metrics }: RouteParts): void {
  const see = (summary: string, schema: FastifySchema = {}) =>
    ({ config: { right: 'see' }, schema: { summary, ...schema } }) as const;
  registerEvidenceRoutes(app, { source, login });
  registerSceneRoutes(app, { source, login });
  const live = new LiveStreams(new EventStreams(app, { clock }), source, clock);

  app.get(
    '/api/v1/status',
    see('State of the gateway: devices, cameras, alarms, outbox, uplinks, problems', {
      description:
        'Answers with the state that the gateway sends to the centre (`devices`, `cameras`, `lanes`, `uplinks`, `problems`, …), and with `summary`, `alarms`, `outbox`, `refused` and `scenes`.',
    }),
    async () => statusView(source),
  );
  app.get('/api/v1/rules', see('Rules of the site', { description: 'Answers with `rules`.' }), async () => ({
    rules: source.allRules(),
  }));
  app.get(
    '/api/v1/alarms',
    see('Alarms that are active, or over and not acknowledged', { description: 'Answers with `alarms`.' }),
    async () => ({
      alarms: source.alarms(),
    }),
  );

  app.get<{ Querystring: Type.Static<typeof earlierSchema> }>(
    '/api/v1/alarms/earlier',
    see('Alarms that are over, newest first', {
      description: 'Answers with `alarms`, and with `next` for the next page; null on the last one.',
      querystring: earlierSchema,
    }),
    async ({ query }) => earlierView(source, query),
  );

  app.post<{ Body: Type.Static<typeof acknowledgeSchema> }>(
    '/api/v1/alarms/acknowledge',
    { config: { right: 'act' }, schema: { summary: 'Acknowledges an alarm', body: acknowledgeSchema } },
    async (request) => {
      const by = login.sessionOf(request)?.user;
      if (by === undefined) throw new HttpProblem(401, 'log in to the gateway');
      if (!source.acknowledge(request.body.alarm, by))
        throw new HttpProblem(409, words('gateway/reason.acknowledged-already'));
      request.log.info({ alarm: request.body.alarm, by }, 'an alarm was acknowledged');
      return { acknowledged: true };
    },
  );

  app.get<{ Querystring: Type.Static<typeof deadLettersSchema> }>(
    '/api/v1/dead-letters',
    see('Messages that cannot be processed, newest first, with the reason', {
      description:
        'Answers with `deadLetters`: device, topic, time, reason, size and the first 2000 bytes of each payload.',
      querystring: deadLettersSchema,
    }),
    async ({ query: { limit = 20, device } }) => ({
      deadLetters: (await source.deadLetters(limit, device)).map(deadLetterView),
    }),
  );

  app.get<{ Querystring: Type.Static<typeof refusedSchema> }>(
    '/api/v1/refused',
    see('Log-ins, publishes and subscriptions that the broker refused', {
      description: 'Answers with `refused`, newest first.',
      querystring: refusedSchema,
    }),
    async ({ query: { principal } }) => ({ refused: source.refused(principal) }),
  );

  app.get<{ Params: Type.Static<typeof cameraSchema> }>(
    '/api/v1/cameras/:id/picture',
    see('Newest picture of a camera, as JPEG; 204 before the first frame', {
      description: 'The header `forpost-taken` says when the frame was complete (RFC 3339).',
      params: cameraSchema,
    }),
    async ({ params: { id } }, reply) => {
      needCamera(source, id);
      source.watch(id, watchSeconds);
      const picture = await source.picture(id);
      // 204: the camera exists, but has not sent a frame yet
      if (picture === undefined) return reply.code(204).send();
      return reply.type('image/jpeg').header(takenHeader, rfc3339(picture.taken)).send(picture.jpeg);
    },
  );

  app.get<{ Params: Type.Static<typeof cameraSchema> }>(
    '/api/v1/cameras/:id/tracks',
    see('Things that are tracked in the newest frame of a camera', {
      description: 'Answers with `scene`; null before the first frame.',
      params: cameraSchema,
    }),
    async ({ params: { id } }) => {
      needCamera(source, id);
      return { scene: source.tracks(id) ?? null };
    },
  );

  app.get<{ Querystring: Type.Static<typeof streamSchema> }>(
    '/api/v1/stream',
    see('Server-sent events: the status and what happens now', {
      description:
        'Events: `status` at the beginning and at each change, `alert` for each change of an alarm, `scene` of watched cameras, `tick` every few seconds.',
      querystring: streamSchema,
    }),
    async (request, reply) => {
      const session = login.sessionOf(request);
      const watched = (request.query.watch ?? '').split(',').filter((id) => id !== '');
      live.open(request, reply, watched, session);
      return reply;
    },
  );

  app.get(
    '/metrics',
    { config: { right: 'metrics' }, schema: { summary: 'Metrics in Prometheus’ text format' } },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()),
  );
}

function needCamera(source: ConsoleSource, id: string): void {
  if (!source.status().cameras.some((camera) => camera.id === id)) throw new HttpProblem(404, `no camera "${id}"`);
}

function whyInAnyLanguage(why: string): { readonly whyI18n?: Message } {
  const whyI18n = recognise(why);
  return whyI18n === undefined ? {} : { whyI18n };
}

function earlierView(
  source: ConsoleSource,
  { limit = 20, until, pictured = false, ...query }: Type.Static<typeof earlierSchema>,
): EarlierAlarmsView {
  const by = until === undefined ? undefined : Date.parse(until);
  if (Number.isNaN(by)) throw new HttpProblem(400, '"until" is not a time such as 2026-06-01T12:00:00Z');
  const page = source.earlierAlarms({ ...query, limit, until: by, pictured });
  if (page === undefined) throw new HttpProblem(410, words('gateway/reason.list-too-old'));
  return {
    alarms: page.alarms.map(({ raised, ended, ...alarm }) => ({
      ...alarm,
      ...whyInAnyLanguage(alarm.why),
      since: rfc3339(raised),
      ended: ended === undefined ? null : rfc3339(ended),
    })),
    next: page.next ?? null,
  };
}

function deadLetterView(letter: DeadLetter): DeadLetterView {
  const bytes = Buffer.from(letter.payload).subarray(0, shownPayloadBytes);
  const text = bytes.toString('utf8');
  // the limit may have cut the last character in two
  const isText = !text.slice(0, -3).includes('\uFFFD');
  return {
    device: letter.device,
    topic: letter.topic,
    received: new Date(letter.received).toISOString(),
    reason: letter.reason,
    size: letter.payload.byteLength,
    payload: isText ? text : bytes.toString('hex'),
    encoding: isText ? 'text' : 'hex',
  };
}
