/**
 * The HTTPS receiver: what a gateway without a way to Kafka sends its events to (design: POST /ingest/v1/events,
 * PUT /ingest/v1/status), hears its commands from (GET /ingest/v1/commands, a long poll), and delivers evidence to that it
 * was asked for (PUT /ingest/v1/evidence/<sha256>). A Fastify plugin;
 * stateless, so any number of them can stand behind a balancer.
 *
 *   token, certificate ──► whose ──► size ──► unpack ──► every line is an event of that gateway ──► delivery ──► accepted
 *
 * Always: nothing of a body is read before its gateway is known; a batch is taken whole or not at all; «accepted» is
 * answered only after the delivery has it; a gateway speaks for itself alone. Final answers are 400, 413 and 422,
 * everything else means "send it again later".
 */
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { decodeEvent, replayHeader } from '@forpost/shared/event/codec.ts';
import { HttpProblem, sendProblem, titleOf, tryAgainIn } from '@forpost/shared/http/problem.ts';
import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Commands } from '../commands/commands.ts';
import { registerCommandPoll } from '../commands/routes.ts';
import type { EvidenceDepot } from '../evidence/depot.ts';
import { registerEvidenceUpload } from '../evidence/routes.ts';
import { type ClientCertificates, callerFinder, type KnownGateways } from './callers.ts';
import type { Delivery, ReceivedEvent } from './delivery.ts';
import { decodeStatus } from './status-codec.ts';

export interface ReceiverOptions {
  /** asked at each request; a new object means that something changed */
  readonly gateways: () => KnownGateways;
  /** of the TLS listener in front of it; default off */
  readonly certificates?: ClientCertificates;
  readonly delivery: Pick<Delivery, 'events' | 'status'>;
  /** what the gateways are asked to do; absent: nobody asks */
  readonly commands?: Pick<Commands, 'poll'>;
  /** where what the gateways were asked for arrives; absent: nowhere */
  readonly evidence?: EvidenceDepot;
  /** of a body as it comes, and unpacked; defaults 4 MB and 16 MB */
  readonly maxBytes?: number;
  readonly maxUnpackedBytes?: number;
  /** of one event; default 1 MB, which is also what Kafka's topics take */
  readonly maxEventBytes?: number;
}

const defaultMaxBytes = 4 * 1024 * 1024;
const defaultMaxUnpackedBytes = 16 * 1024 * 1024;
const defaultMaxEventBytes = 1_000_000;
const retryMs = 2_000;
const unpack = promisify(zstdDecompress);

declare module 'fastify' {
  interface FastifyRequest {
    /** the gateway that the request comes from; '' before that is known */
    ingestGateway: string;
  }
}

export const receiverPlugin: FastifyPluginAsync<ReceiverOptions> = async (app, options) => {
  const { delivery } = options;
  const bodyLimit = options.maxBytes ?? defaultMaxBytes;
  const maxUnpackedBytes = options.maxUnpackedBytes ?? defaultMaxUnpackedBytes;
  const maxEventBytes = options.maxEventBytes ?? defaultMaxEventBytes;
  const callerOf = callerFinder(options.gateways, options.certificates ?? 'off');

  app.decorateRequest('ingestGateway', '');
  app.addHook('onRequest', async (request) => {
    request.ingestGateway = callerOf(request);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/x-ndjson', 'application/json'],
    { parseAs: 'buffer', bodyLimit },
    async (_: FastifyRequest, body: Buffer) => body,
  );
  answerProblems(app);

  app.post('/ingest/v1/events', { bodyLimit }, async (request) => {
    const lines = (await textOf(request, maxUnpackedBytes)).split('\n');
    const received = lines.flatMap((line, i) => {
      if (line === '') return [];
      const bytes = Buffer.byteLength(line);
      if (bytes > maxEventBytes)
        throw new HttpProblem(413, `line ${i + 1}: an event of ${bytes} bytes, and ${maxEventBytes} is the most`);
      return [eventIn(line, i + 1, request.ingestGateway)];
    });
    const replayed = request.headers[replayHeader] === '1';
    if (received.length > 0) await delivered(delivery.events(request.ingestGateway, received, replayed));
    return { accepted: accepted(received) };
  });

  app.put('/ingest/v1/status', { bodyLimit }, async (request, reply) => {
    const decoded = decodeStatus(await textOf(request, maxUnpackedBytes));
    if (!decoded.ok) throw new HttpProblem(400, decoded.reason);
    ownOnly(decoded.status.gateway, request.ingestGateway);
    await delivered(delivery.status(decoded.status));
    return reply.code(204).send();
  });

  if (options.evidence !== undefined) registerEvidenceUpload(app, options.evidence, (request) => request.ingestGateway);
  if (options.commands !== undefined) registerCommandPoll(app, options.commands, (request) => request.ingestGateway);
};

async function textOf(request: FastifyRequest, maxOutputLength: number): Promise<string> {
  const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'zstd' && encoding !== 'identity')
    throw new HttpProblem(415, `content-encoding "${encoding}" is not known here: use zstd or identity`);
  if (encoding === 'identity' || body.length === 0) return body.toString('utf8');
  try {
    return (await unpack(body, { maxOutputLength })).toString('utf8');
  } catch (error) {
    if (error instanceof RangeError)
      throw new HttpProblem(413, `the body unpacks to more than ${maxOutputLength} bytes: send fewer events at once`);
    throw new HttpProblem(400, `the body is not zstd: ${messageOf(error)}`);
  }
}

function eventIn(line: string, number: number, gateway: string): ReceivedEvent {
  const decoded = decodeEvent(line);
  if (!decoded.ok) throw new HttpProblem(400, `line ${number}: ${decoded.reason}`);
  ownOnly(decoded.event.gateway, gateway);
  return { event: decoded.event, json: line };
}

function ownOnly(claimed: string, gateway: string): void {
  if (claimed !== gateway) throw new HttpProblem(403, `the gateway "${gateway}" cannot speak for "${claimed}"`);
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
    const tellable = status < 500 || error instanceof HttpProblem;
    if (!tellable) request.log.error({ err: error, gateway: request.ingestGateway }, 'the receiver failed');
    if (error instanceof HttpProblem) reply.headers(error.headers);
    const detail = tellable ? error.message : 'the log has the details';
    return sendProblem(reply, { type: 'about:blank', title: titleOf(status), status, detail });
  });
}
