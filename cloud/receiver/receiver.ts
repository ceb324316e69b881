/**
 * The HTTPS receiver: a gateway without a way to Kafka sends its events and its state here (POST /ingest/v1/events,
 * PUT /ingest/v1/status). Capabilities add routes of their own (the long poll for commands, the upload of evidence).
 * A Fastify plugin; stateless, so any number of them can stand behind a balancer.
 *
 *   token, certificate ──► gateway ──► within its limits? ──► size ──► unpack ──► every line is an event of that gateway
 *   and its site ──► delivery ──► accepted
 *
 * Always:
 * - An address that comes too often without a known token or certificate is answered 429 (stranger-limit.ts).
 * - No byte of a body is read before its gateway is known. A batch is taken whole or not at all.
 * - «accepted» is answered only after the delivery has the batch.
 * - A gateway sends only its own events, of its own site.
 * - A batch beyond the gateway's limits, or beyond its share of the memory, is answered 429 with Retry-After. Alerts have
 *   a limit of their own (gateway-budgets.ts, body-room.ts).
 * - 400, 413 and 422 are final. Every other error means «send it again later».
 */
import { addressGroup } from '@forpost/shared/address.ts';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { decodeEvent, instanceHeader, laneHeader, replayHeader } from '@forpost/shared/event/codec.ts';
import { isId, type Lane } from '@forpost/shared/event/ids.ts';
import { gatewayStatusSchema } from '@forpost/shared/event/status-schema.ts';
import { HttpProblem, sendProblem, titleOf, tryAgainIn } from '@forpost/shared/http/problem.ts';
import { answer, lane, list, nothing, problem } from '@forpost/shared/http/schema.ts';
import { useSchemas } from '@forpost/shared/http/validation.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { recognisedOr } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Capabilities } from '../api/capability.ts';
import { defaultLimits, type GatewayLimits } from '../config/limits.ts';
import { boundedStatus, decodeStatus } from '../gateways/status-codec.ts';
import { type Admission, admitAll } from '../ingest/admission.ts';
import { attributeProblem } from '../kafka/records.ts';
import { BodyRoom, type BodyShare, readBody, unpackBody } from './body-room.ts';
import { type ClientCertificates, callerFinder, type KnownGateways } from './callers.ts';
import type { Delivery, ReceivedEvent } from './delivery.ts';
import { GatewayBudgets, type Share } from './gateway-budgets.ts';
import { StrangerLimit, type StrangerLimits } from './stranger-limit.ts';

export interface ReceiverOptions {
  /** asked at each request; a new object means that gateways have changed */
  readonly gateways: () => KnownGateways;
  /** whether the TLS listener in front of it requests certificates; default off */
  readonly certificates?: ClientCertificates;
  readonly delivery: Pick<Delivery, 'events' | 'status'>;
  /** the routes of the capabilities for gateways; default: none */
  readonly capabilities?: Pick<Capabilities, 'addGatewayRoutes'>;
  /** decides whether an event or a state is accepted; default: accepts all */
  readonly admission?: Admission;
  /** what one gateway may send; default: `defaultLimits` */
  readonly limitsOf?: (gateway: string) => GatewayLimits;
  readonly clock?: Clock;
  /** how often one address may come without a known token or certificate; default: `defaultStrangerLimits` */
  readonly strangers?: StrangerLimits;
  /** bounds of all bodies that are being received */
  readonly room?: BodyRoom;
  /** largest packed body, and largest unpacked body; defaults 4 MB and 16 MB */
  readonly maxBytes?: number;
  readonly maxUnpackedBytes?: number;
  /** largest event; default 1 MB, the limit of Kafka's topics too */
  readonly maxEventBytes?: number;
}

const defaultMaxBytes = 4 * 1024 * 1024;
const defaultMaxUnpackedBytes = 16 * 1024 * 1024;
const defaultMaxEventBytes = 1_000_000;
const retryMs = 2_000;
/** Most events in one body. A gateway sends at most 1,000. */
const maxLines = 20_000;
const newline = 10;
const bodyTypes = ['application/x-ndjson', 'application/json'];

const acceptedAnswer = answer({
  accepted: list(
    answer({
      lane,
      epoch: Type.String({ description: 'epoch of the gateway’s outbox' }),
      from: Type.String({ description: 'lowest number of the batch, decimal' }),
      through: Type.String({ description: 'highest number of the batch, decimal' }),
    }),
  ),
});
const notTakenByHistory = problem('the centre cannot store it, now or later; `detail` says why');

interface Line extends ReceivedEvent {
  readonly bytes: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** the gateway that the request comes from; '' before that is known */
    ingestGateway: string;
    /** of the memory for bodies */
    ingestShare: BodyShare | undefined;
  }
}

export const receiverPlugin: FastifyPluginAsync<ReceiverOptions> = async (app, options) => {
  const { delivery, admission = admitAll, clock = systemClock, room = new BodyRoom() } = options;
  const bodyLimit = options.maxBytes ?? defaultMaxBytes;
  const maxUnpackedBytes = options.maxUnpackedBytes ?? defaultMaxUnpackedBytes;
  const maxEventBytes = options.maxEventBytes ?? defaultMaxEventBytes;
  const callerOf = callerFinder(options.gateways, options.certificates ?? 'off');
  const budgets = new GatewayBudgets(clock, options.limitsOf ?? (() => defaultLimits));

  app.decorateRequest('ingestGateway', '');
  app.decorateRequest('ingestShare', undefined);
  const strangers = new StrangerLimit(clock, options.strangers);
  app.addHook('onRequest', async (request, reply) => {
    try {
      request.ingestGateway = callerOf(request);
    } catch (error) {
      const waitMs = strangers.waitMs(addressGroup(request.ip));
      if (waitMs === 0) throw error;
      reply.header('connection', 'close');
      throw tryAgainIn(429, waitMs, message('reason/receiver.many-strangers'));
    }
    const claim = { gateway: request.ingestGateway, instance: instanceOf(request) };
    const superseded = admission.superseded(claim);
    if (superseded !== undefined) throw new HttpProblem(403, superseded);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(bodyTypes, { bodyLimit }, async (request: FastifyRequest, payload: AsyncIterable<Buffer>) =>
    request.ingestShare === undefined ? Buffer.alloc(0) : readBody(payload, request.ingestShare, bodyLimit),
  );
  answerProblems(app);
  useSchemas(app);

  /** Runs before a body is read: whether its gateway may send more now. */
  const mayCome = (request: FastifyRequest, reply: FastifyReply, shares: readonly Share[]) => {
    const { ingestGateway: gateway } = request;
    const waits = shares.map((share) => budgets.waitMs(gateway, share));
    const waitMs = Math.min(...waits);
    if (waitMs > 0) {
      admission.turnedAway(gateway);
      throw tooMuch(gateway, waitMs);
    }
    const share = room.open(gateway);
    request.ingestShare = share;
    reply.raw.once('close', () => share.end());
  };

  const config = { right: 'gateway' } as const;
  app.post(
    '/ingest/v1/events',
    {
      config,
      schema: {
        summary: 'Takes a batch of events; answered once they are stored',
        description: `The header \`${laneHeader}\` names the lane of the batch, and \`${replayHeader}: 1\` says that the events are sent again. The body may be packed: \`content-encoding: zstd\`.`,
        takes: { types: bodyTypes, description: 'one event a line, as structured CloudEvents in JSON' },
        response: { 200: acceptedAnswer, 422: notTakenByHistory },
      },
      bodyLimit,
      onRequest: async (request, reply) => mayCome(request, reply, sharesOf(request.headers[laneHeader])),
    },
    whileCounted(async (request) => {
      const { ingestGateway: gateway } = request;
      const body = await bytesOf(request, maxUnpackedBytes);
      const received = eventsIn(body, gateway, maxEventBytes);
      const events = received.map(({ event }) => event);
      admission.count(events, body.length);
      for (const event of events) {
        const refusal = admission.refusal(event);
        if (refusal !== undefined) throw new HttpProblem(403, refusal);
      }
      spend(gateway, received);
      const replayed = request.headers[replayHeader] === '1';
      if (received.length > 0) await delivered(delivery.events(gateway, received, replayed, instanceOf(request)));
      return { accepted: accepted(received) };
    }),
  );

  app.put(
    '/ingest/v1/status',
    {
      config,
      schema: {
        summary: 'Takes the state of a gateway',
        description: 'The body may be packed: `content-encoding: zstd`.',
        takes: { types: bodyTypes, description: 'the state', schema: gatewayStatusSchema },
        response: { 204: nothing('the state is taken'), 422: notTakenByHistory },
      },
      bodyLimit,
      onRequest: async (request, reply) => mayCome(request, reply, ['status']),
    },
    whileCounted(async (request, reply) => {
      const body = await bytesOf(request, maxUnpackedBytes);
      budgets.spend(request.ingestGateway, 'status', 1, body.length);
      const decoded = decodeStatus(body);
      if (!decoded.ok) throw new HttpProblem(400, decoded.reason);
      ownOnly(decoded.status.gateway, request.ingestGateway);
      const refusal = admission.refusal(decoded.status);
      if (refusal !== undefined) throw new HttpProblem(403, refusal);
      await delivered(delivery.status(boundedStatus(decoded.status)));
      return reply.code(204).send();
    }),
  );

  /** @throws HttpProblem 429 where a lane of the batch has to wait */
  const spend = (gateway: string, received: readonly Line[]) => {
    const lanes = Map.groupBy(received, ({ event }): Lane => event.lane);
    const waitMs = Math.max(0, ...[...lanes.keys()].map((lane) => budgets.waitMs(gateway, lane)));
    if (waitMs > 0) throw tooMuch(gateway, waitMs);
    for (const [lane, some] of lanes)
      budgets.spend(
        gateway,
        lane,
        some.length,
        some.reduce((sum, { bytes }) => sum + bytes, 0),
      );
  };

  options.capabilities?.addGatewayRoutes(app, (request) => request.ingestGateway);
};

/** The restore that made the sender the gateway; undefined: none. A malformed header counts as none. */
function instanceOf(request: FastifyRequest): string | undefined {
  const instance = request.headers[instanceHeader];
  return isId(instance) ? instance : undefined;
}

/** The budgets that a request draws on, by its header. An older gateway does not name the lane. */
function sharesOf(lane: unknown): readonly Share[] {
  return lane === 'alerts' || lane === 'telemetry' ? [lane] : ['alerts', 'telemetry'];
}

function tooMuch(gateway: string, waitMs: number): HttpProblem {
  return tryAgainIn(429, waitMs, message('reason/receiver.over-limit', { gateway }));
}

/** Keeps a body counted while the work on it runs, also after its gateway has disconnected. */
function whileCounted<Result>(handle: (request: FastifyRequest, reply: FastifyReply) => Promise<Result>) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<Result> =>
    request.ingestShare === undefined
      ? handle(request, reply)
      : request.ingestShare.during(() => handle(request, reply));
}

async function bytesOf(request: FastifyRequest, maxUnpackedBytes: number): Promise<Buffer> {
  const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'zstd' && encoding !== 'identity')
    throw new HttpProblem(415, message('reason/receiver.encoding', { encoding }));
  if (encoding === 'identity' || body.length === 0 || request.ingestShare === undefined) return body;
  return unpackBody(body, request.ingestShare, maxUnpackedBytes);
}

/** Reads line by line, so that a body of nothing but line ends makes no list of empty lines. */
function eventsIn(body: Buffer, gateway: string, maxEventBytes: number): readonly Line[] {
  const received: Line[] = [];
  for (let start = 0, number = 1; start < body.length; number++) {
    const found = body.indexOf(newline, start);
    const end = found === -1 ? body.length : found;
    const bytes = end - start;
    if (bytes > maxEventBytes)
      throw new HttpProblem(
        413,
        message('reason/receiver.long-event', {
          line: String(number),
          bytes: String(bytes),
          most: String(maxEventBytes),
        }),
      );
    if (number > maxLines)
      throw new HttpProblem(413, message('reason/receiver.many-lines', { most: String(maxLines) }));
    if (bytes > 0) received.push({ ...eventIn(body.toString('utf8', start, end), number, gateway), bytes });
    start = end + 1;
  }
  return received;
}

function eventIn(line: string, number: number, gateway: string): ReceivedEvent {
  const decoded = decodeEvent(line);
  if (!decoded.ok) throw inLine(400, number, decoded.reason);
  ownOnly(decoded.event.gateway, gateway);
  const contradiction = attributeProblem(decoded.event);
  if (contradiction !== undefined) throw inLine(403, number, contradiction);
  return { event: decoded.event, json: line };
}

/** `reason`: what is wrong with this line, in words */
function inLine(status: 400 | 403, line: number, reason: string): HttpProblem {
  const values = { line: String(line), reason: recognisedOr(reason) };
  return new HttpProblem(status, message('reason/receiver.in-line', values));
}

function ownOnly(claimed: string, gateway: string): void {
  if (claimed !== gateway) throw new HttpProblem(403, message('reason/receiver.not-for', { gateway, other: claimed }));
}

async function delivered(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ForpostError)) throw error;
    if (!error.retryable) throw new HttpProblem(422, error.message);
    throw tryAgainIn(503, retryMs, error.message);
  }
}

interface Accepted {
  readonly lane: string;
  readonly epoch: string;
  readonly from: string;
  readonly through: string;
}

/** From the lowest to the highest number of each lane and epoch of this batch. */
function accepted(received: readonly ReceivedEvent[]): readonly Accepted[] {
  const groups = Map.groupBy(received, ({ event: { epoch, lane } }) => `${epoch}/${lane}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const numbers = group.map(({ event }) => Number(event.sequence));
    const { epoch, lane } = first.event;
    const from = String(numbers.reduce((a, b) => Math.min(a, b)));
    return [{ lane, epoch, from, through: String(numbers.reduce((a, b) => Math.max(a, b))) }];
  });
}

function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const status = error.statusCode ?? 500;
    const isClientsFault = status < 500 || error instanceof HttpProblem;
    if (!isClientsFault) request.log.error({ err: error, gateway: request.ingestGateway }, 'the receiver failed');
    if (error instanceof HttpProblem) reply.headers(error.headers);
    const text = error instanceof HttpProblem ? error.text : isClientsFault ? undefined : message('reason/http.in-log');
    const detail = isClientsFault || text === undefined ? error.message : inEnglish(text);
    return sendProblem(reply, {
      type: 'about:blank',
      title: titleOf(status),
      status,
      detail,
      ...(text === undefined ? {} : { detailI18n: text }),
    });
  });
}
