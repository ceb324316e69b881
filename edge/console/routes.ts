/** The routes of the console's API. All are behind the log-in, except those of `registerOpenRoutes`. */
import type { Clock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { EventStreams } from '@forpost/shared/http/event-stream.ts';
import type { Login } from '@forpost/shared/http/login.ts';
import { healthAnswer, media, nothing, problem } from '@forpost/shared/http/schema.ts';
import type { Api, TypeBoxTypeProvider } from '@forpost/shared/http/typed-routes.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import type { FastifyInstance } from 'fastify';
import type { GatewayHealth } from '../health/health.ts';
import type { GatewayMetrics } from '../health/metrics.ts';
import type { DeadLetter } from '../outbox/outbox.ts';
import { registerAlarmRoutes } from './alarm-routes.ts';
import { registerEvidenceRoutes } from './evidence-routes.ts';
import { LiveStreams } from './live.ts';
import type { PairingDoor } from './pairing-routes.ts';
import { unknownCamera } from './refusals.ts';
import { registerSceneRoutes } from './scene-routes.ts';
import { cameraParams, tracksAnswer } from './schemas/cameras.ts';
import {
  type DeadLetterView,
  deadLettersAnswer,
  deadLettersQuery,
  refusedAnswer,
  refusedQuery,
  shownPayloadBytes,
} from './schemas/clients.ts';
import { rulesAnswer, statusAnswer, streamQuery } from './schemas/status.ts';
import type { ConsoleSource } from './source.ts';
import { statusView } from './status-view.ts';

/** A request for a picture keeps the camera's picture fresh for this long. */
const watchSeconds = 10;
/** Header of a picture: when its frame was complete, RFC 3339 with ms; the frame's scene has the same time. */
const takenHeader = 'forpost-taken';

const see = { right: 'see' } as const;
const noCamera = problem('the site has no such camera');

/** GET /healthz and /readyz, for supervisors, without a log-in. They answer yes or no with the reasons, and nothing else. */
export function registerOpenRoutes(app: FastifyInstance, health: Pick<GatewayHealth, 'alive' | 'ready'>): void {
  const api: Api = app.withTypeProvider<TypeBoxTypeProvider>();
  const open = (path: string, summary: string, check: () => ReturnType<GatewayHealth['alive']>) =>
    api.get(
      path,
      { config: { right: 'open' }, schema: { summary, response: { 200: healthAnswer, 503: healthAnswer } } },
      async (_request, reply) => {
        const { ok, reasons } = check();
        return reply.code(ok ? 200 : 503).send({ status: ok ? 'ok' : 'failing', reasons });
      },
    );
  open('/healthz', 'Whether the process answers', () => health.alive());
  open('/readyz', 'Whether the gateway can do its work, and why not', () => health.ready());
}

export interface RouteParts {
  readonly source: ConsoleSource;
  readonly login: Login;
  readonly clock: Clock;
  readonly metrics: Pick<GatewayMetrics, 'contentType' | 'render'>;
  /** absent: this page has no pairing window */
  readonly pairing?: PairingDoor | undefined;
}

export function registerRoutes(app: FastifyInstance, { source, login, clock, metrics, pairing }: RouteParts): void {
  const api: Api = app.withTypeProvider<TypeBoxTypeProvider>();
  registerStatusRoutes(api, source);
  registerAlarmRoutes(api, { source, login });
  registerClientRoutes(api, source);
  registerPictureRoutes(api, source);
  registerEvidenceRoutes(api, { source, login });
  registerSceneRoutes(api, { source, login });
  registerStream(api, { source, login, clock, pairing });
  api.get(
    '/metrics',
    {
      config: { right: 'metrics' },
      schema: {
        summary: 'Metrics in Prometheus’ text format',
        response: { 200: media('the metrics', 'text/plain') },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()),
  );
}

function registerStatusRoutes(api: Api, source: ConsoleSource): void {
  api.get(
    '/api/v1/status',
    {
      config: see,
      schema: {
        summary: 'State of the gateway: devices, cameras, alarms, outbox, uplinks, problems',
        description: 'The state that the gateway sends to the centre, and what only its own page shows.',
        response: { 200: statusAnswer },
      },
    },
    async () => statusView(source),
  );
  api.get(
    '/api/v1/rules',
    { config: see, schema: { summary: 'Rules of the site', response: { 200: rulesAnswer } } },
    async () => ({ rules: source.allRules() }),
  );
}

/** What devices and consumers sent that the gateway could not take. */
function registerClientRoutes(api: Api, source: ConsoleSource): void {
  api.get(
    '/api/v1/dead-letters',
    {
      config: see,
      schema: {
        summary: 'Messages that cannot be processed, newest first, with the reason',
        querystring: deadLettersQuery,
        response: { 200: deadLettersAnswer },
      },
    },
    async ({ query: { limit = 20, device } }) => ({
      deadLetters: (await source.deadLetters(limit, device)).map(deadLetterView),
    }),
  );
  api.get(
    '/api/v1/refused',
    {
      config: see,
      schema: {
        summary: 'Log-ins, publishes and subscriptions that the broker refused, newest first',
        querystring: refusedQuery,
        response: { 200: refusedAnswer },
      },
    },
    async ({ query: { principal } }) => ({ refused: source.refused(principal) }),
  );
}

function registerPictureRoutes(api: Api, source: ConsoleSource): void {
  api.get(
    '/api/v1/cameras/:id/picture',
    {
      config: see,
      schema: {
        summary: 'Newest picture of a camera, as JPEG; 204 before the first frame',
        description: 'The header `forpost-taken` says when the frame was complete (RFC 3339).',
        params: cameraParams,
        response: {
          200: media('the picture', 'image/jpeg'),
          204: nothing('the camera has not sent a frame yet'),
          404: noCamera,
        },
      },
    },
    async ({ params: { id } }, reply) => {
      needCamera(source, id);
      source.watch(id, watchSeconds);
      const picture = await source.picture(id);
      if (picture === undefined) return reply.code(204).send();
      return reply.type('image/jpeg').header(takenHeader, rfc3339(picture.taken)).send(picture.jpeg);
    },
  );
  api.get(
    '/api/v1/cameras/:id/tracks',
    {
      config: see,
      schema: {
        summary: 'Things that are tracked in the newest frame of a camera',
        params: cameraParams,
        response: { 200: tracksAnswer, 404: noCamera },
      },
    },
    async ({ params: { id } }) => {
      needCamera(source, id);
      return { scene: source.tracks(id) ?? null };
    },
  );
}

type StreamParts = Pick<RouteParts, 'source' | 'login' | 'clock' | 'pairing'>;

function registerStream(api: Api, { source, login, clock, pairing }: StreamParts): void {
  const live = new LiveStreams(new EventStreams(api, { clock }), source, clock, pairing);
  api.get(
    '/api/v1/stream',
    {
      config: see,
      schema: {
        summary: 'Server-sent events: the status and what happens now',
        description:
          'Events: `status` (as GET /api/v1/status) at the beginning and at each change; `alert` (`data`, `time`) for each change of an alarm; `scene` (as GET /api/v1/cameras/{id}/tracks) of watched cameras; `pairing` (as GET /api/v1/pairing) at the beginning and at each change; `tick` (`at`) every few seconds.',
        querystring: streamQuery,
        response: { 200: media('events until the client or the log-in ends', 'text/event-stream') },
      },
    },
    async (request, reply) => {
      const session = login.sessionOf(request);
      const watched = (request.query.watch ?? '').split(',').filter((id) => id !== '');
      live.open(request, reply, watched, session);
      return reply;
    },
  );
}

function needCamera(source: ConsoleSource, id: string): void {
  if (!source.status().cameras.some((camera) => camera.id === id)) throw unknownCamera(id);
}

/** The reason as the outbox keeps it, and as a message for readers of any language. */
function reasonInAnyLanguage(reason: string): Pick<DeadLetterView, 'reason' | 'reasonI18n'> {
  const reasonI18n = recognise(reason);
  return reasonI18n === undefined ? { reason } : { reason, reasonI18n };
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
    ...reasonInAnyLanguage(letter.reason),
    size: letter.payload.byteLength,
    payload: isText ? text : bytes.toString('hex'),
    encoding: isText ? 'text' : 'hex',
  };
}
