/**
 * The desk through which a person's commands to gateways go. Each refusal is an HttpProblem that says what to
 * do.
 *
 *   send ──► handler of the kind, if a capability has one ── it answers ──► no command is sent
 *                     └── it leaves the order ──► the gateway is known and takes commands of this centre ──► issued
 */
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { HttpProblem, tryAgainIn } from '@forpost/shared/http/problem.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { recognisedOr } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { GatewayDirectory } from '../gateways/directory.ts';
import type { Commands, Order } from './commands.ts';
import type { CommandView } from './schemas.ts';

/** What the centre itself does about commands of one kind, before a gateway gets them. */
export interface CommandHandler {
  /** how long a command of this kind holds where the person does not say, ms */
  readonly validMs: number;
  /** The answer in place of a command; undefined: the command is sent. @throws HttpProblem */
  handle(order: Order): Promise<CommandView | undefined>;
}

const defaultValidMs = 3_600_000;
const retryMs = 2_000;
const fullRetryMs = 60_000;

export class CommandDesk {
  readonly #commands: Pick<Commands, 'issue' | 'publicKey'>;
  readonly #gateways: Pick<GatewayDirectory, 'get'>;
  readonly #handlers = new Map<string, CommandHandler>();

  constructor(commands: Pick<Commands, 'issue' | 'publicKey'>, gateways: Pick<GatewayDirectory, 'get'>) {
    this.#commands = commands;
    this.#gateways = gateways;
  }

  /** Has `handler` see each command of `kind` first. One handler a kind: the last one counts. */
  handle(kind: string, handler: CommandHandler): void {
    this.#handlers.set(kind, handler);
  }

  /** How long a command of `kind` holds where the person does not say, ms. */
  validMs(kind: string): number {
    return this.#handlers.get(kind)?.validMs ?? defaultValidMs;
  }

  /** @throws HttpProblem 400, 404, 409, 429, 503 */
  async send(order: Order): Promise<CommandView> {
    const answer = await this.#handlers.get(order.kind)?.handle(order);
    if (answer !== undefined) return answer;
    this.assertAccepts(order.gateway);
    return this.issue(order);
  }

  /** Refuses here what the gateway would refuse for sure. @throws HttpProblem 404, 409 */
  assertAccepts(id: string): void {
    if (this.#gateways.get(id) === undefined)
      throw new HttpProblem(404, message('centre/reason.no-gateway', { gateway: id }));
    const refused = this.refusal(id);
    if (refused !== undefined) throw new HttpProblem(409, refused);
  }

  /** Why a known gateway would not take a command of this centre; undefined where it would. */
  refusal(id: string): Message | undefined {
    const { text, id: key } = this.#commands.publicKey;
    if (this.#gateways.get(id)?.status?.commandKeys?.includes(key) !== false) return undefined;
    return message('centre/reason.key-not-trusted', { gateway: id, key: text });
  }

  /** @throws HttpProblem 400, 429, 503 */
  async issue(order: Order): Promise<CommandView> {
    try {
      return await this.#commands.issue(order);
    } catch (error) {
      if (error instanceof RangeError) throw new HttpProblem(400, error.message);
      if (!(error instanceof ForpostError) || !error.retryable) throw error;
      if (error.code === 'FORPOST_COMMANDS_FULL') throw tryAgainIn(429, fullRetryMs, error.message);
      throw tryAgainIn(
        503,
        retryMs,
        message('centre/reason.command-not-sent', { reason: recognisedOr(messageOf(error)) }),
      );
    }
  }
}
