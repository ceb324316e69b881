/**
 * Commands over HTTP: for people under /api/v1 (behind the log-in), and the long poll of gateways under /ingest/v1
 * (behind their tokens).
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { longestValidityMs } from '@forpost/shared/event/command.ts';
import type { Login } from '@forpost/shared/http/login.ts';
import { HttpProblem, tryAgainIn } from '@forpost/shared/http/problem.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Acknowledgements } from '../alarms/acknowledgements.ts';
import type { CentreAlarms } from '../alarms/centre-alarms.ts';
import { idParams } from '../api/schemas.ts';
import type { GatewayDirectory } from '../gateways/directory.ts';
import type { Commands, Order } from './commands.ts';
import { type CommandView, commandSchema, commandsAnswer, commandsQuery, keyAnswer, orderBody } from './schemas.ts';

const defaultValidS = 3_600;
const defaultListed = 50;
const retryMs = 2_000;

export interface CommandRouteParts {
  readonly commands: Commands;
  readonly gateways: Pick<GatewayDirectory, 'get'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly login: Login;
  /** alarms that the centre itself raised: no gateway acknowledges them */
  readonly centreAlarms?: Pick<CentreAlarms, 'acknowledge'>;
  /** the centre's own word on its gateways' alarms; absent: only the gateway's counts */
  readonly acknowledgements?: Pick<Acknowledgements, 'take'>;
}

/** What anybody who sends commands on behalf of staff goes through: each refusal is an HttpProblem that says what to do. */
export interface CommandDesk {
  /** @throws HttpProblem 404, 409 */
  mayTake(gateway: string): void;
  /** why a known gateway would not take a command of this centre, in words; undefined where it would */
  refusal(gateway: string): string | undefined;
  /** @throws HttpProblem 400, 429, 503 */
  issue(order: Order): Promise<CommandView>;
}

export function commandDesk({ commands, gateways }: Pick<CommandRouteParts, 'commands' | 'gateways'>): CommandDesk {
  return { mayTake, refusal, issue };

  /** What would be refused for sure is refused here, with what to do about it. */
  function mayTake(id: string): void {
    const known = gateways.get(id);
    if (known === undefined) throw new HttpProblem(404, `no gateway "${id}" is known`);
    const refused = refusal(id);
    if (refused !== undefined) throw new HttpProblem(409, refused);
  }

  function refusal(id: string): string | undefined {
    const { text, id: key } = commands.publicKey;
    if (gateways.get(id)?.status?.commandKeys?.includes(key) !== false) return undefined;
    return `the gateway "${id}" does not take this centre’s commands: add ${text} to its gateway.yaml under commands: trusted_keys`;
  }

  async function issue(order: Order) {
    try {
      return await commands.issue(order);
    } catch (error) {
      if (error instanceof RangeError) throw new HttpProblem(400, error.message);
      if (!(error instanceof ForpostError) || !error.retryable) throw error;
      if (error.code === 'FORPOST_COMMANDS_FULL') throw tryAgainIn(429, 60_000, error.message);
      throw tryAgainIn(503, retryMs, `${messageOf(error)}. The command was probably not sent: send it again`);
    }
  }
}

export function registerCommandRoutes(server: FastifyInstance, parts: CommandRouteParts): void {
  const { commands, gateways, login, centreAlarms } = parts;
  const app = server.withTypeProvider<TypeBoxTypeProvider>();
  const desk = commandDesk({ commands, gateways });

  app.post(
    '/api/v1/gateways/:id/commands',
    {
      config: { right: 'act' },
      schema: {
        summary: 'Sends a signed command to a gateway; answered when the commands topic has it',
        params: idParams,
        body: orderBody,
        response: { 201: commandSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { kind, arguments: values = {}, valid_s: validS = validityOf(kind) } = request.body;
      const author = login.sessionOf(request)?.user ?? '';
      const alarm = kind === 'acknowledge' ? alarmOf(values) : undefined;
      const now = parts.clock.now();
      if (alarm !== undefined) {
        if (centreAlarms?.acknowledge(alarm, author) === true)
          return reply.code(201).send(doneHere({ gateway: id, alarm, author, now, message: ownAlarm }));
        if (parts.acknowledgements !== undefined && gateways.get(id) !== undefined) {
          await noteHere(parts.acknowledgements, { gateway: id, alarm, by: author });
          const refused = desk.refusal(id);
          if (refused !== undefined)
            return reply.code(201).send(doneHere({ gateway: id, alarm, author, now, message: refused }));
        }
      }
      desk.mayTake(id);
      const view = await desk.issue({ gateway: id, kind, arguments: values, author, validMs: validS * 1000 });
      return reply.code(201).send(view);
    },
  );

  app.get(
    '/api/v1/gateways/:id/commands',
    {
      config: { right: 'see' },
      schema: {
        summary: 'The commands of the last two days to a gateway, newest first, and what became of them',
        params: idParams,
        querystring: commandsQuery,
        response: { 200: commandsAnswer },
      },
    },
    async ({ params: { id }, query: { limit = defaultListed } }) => ({ commands: await commands.recent(id, limit) }),
  );

  app.get(
    '/api/v1/commands/key',
    {
      config: { right: 'see' },
      schema: { summary: 'The key that gateways must trust to take commands', response: { 200: keyAnswer } },
    },
    async () => ({ id: commands.publicKey.id, key: commands.publicKey.text }),
  );
}

/** How long it holds, s: somebody has seen an alarm also where its gateway comes back only tomorrow. */
function validityOf(kind: string): number {
  return kind === 'acknowledge' ? longestValidityMs / 1000 : defaultValidS;
}

function alarmOf({ alarm }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof alarm === 'string' && alarm !== '' && alarm.length <= longestAlarmId ? alarm : undefined;
}

async function noteHere(
  acknowledgements: Pick<Acknowledgements, 'take'>,
  noted: { readonly gateway: string; readonly alarm: string; readonly by: string },
): Promise<void> {
  try {
    await acknowledgements.take(noted);
  } catch (error) {
    if (!(error instanceof ForpostError)) throw error;
    throw tryAgainIn(503, retryMs, `The alarm is not acknowledged: ${messageOf(error)}. Acknowledge it again`);
  }
}

const ownAlarm = 'the centre raised this alarm and has noted it';
/** as the gateway's schema has it */
const longestAlarmId = 300;

/** What the centre itself has noted, without a command to the gateway. `now`: ms since 1970 */
function doneHere({
  gateway,
  alarm,
  author,
  now,
  message,
}: Record<'gateway' | 'alarm' | 'author' | 'message', string> & { readonly now: number }): CommandView {
  const at = rfc3339(now);
  return {
    ...{
      id: `${alarm}/acknowledged`,
      gateway,
      kind: 'acknowledge',
      arguments: { alarm },
      author,
      issued: at,
      expires: at,
    },
    ...{ key: '', state: message === ownAlarm ? 'applied' : 'noted', message, settled: at },
  };
}

const mostWaitS = 55;

/** The receiver's part: `gatewayOf` says whose request it is. */
export function registerCommandPoll(
  app: FastifyInstance,
  commands: Pick<Commands, 'poll'>,
  gatewayOf: (request: FastifyRequest) => string,
): void {
  const closing = new AbortController();
  // a server that goes answers who waits, instead of waiting with them
  app.addHook('preClose', async () => closing.abort());

  const route = { config: { right: 'gateway' } } as const;
  app.get<{ Querystring: { after?: unknown; wait?: unknown } }>(
    '/ingest/v1/commands',
    route,
    async (request, reply) => {
      const { after = '', wait = '0' } = request.query;
      const seconds = Number(wait);
      if (typeof after !== 'string' || after.length > 100)
        throw new HttpProblem(400, 'after is not the id of a command');
      if (!Number.isFinite(seconds) || seconds < 0) throw new HttpProblem(400, 'wait is not a number of seconds');
      const gone = new AbortController();
      // of the answer, not of the request, which is over as soon as it is read
      reply.raw.once('close', () => gone.abort());
      const waitMs = Math.min(seconds, mostWaitS) * 1000;
      const over = AbortSignal.any([gone.signal, closing.signal]);
      const { retryMs, ...handed } = await commands.poll(gatewayOf(request), after, waitMs, over);
      if (retryMs !== undefined) reply.header('retry-after', String(Math.ceil(retryMs / 1000)));
      return handed;
    },
  );
}
