/**
 * The centre's commands to its gateways: signed here, written to the log, handed out to long polls, and shown with the
 * results that gateways report (`command.result` events).
 *
 *   issue ── signed ──► log ── durable ──► sent ── result in the history ──► applied, refused, failed or expired
 *                        └── fails ──► error    └── nothing until it expires ──► unanswered
 *
 * Always: no command is called «sent» before the log has it. A gateway gets its own commands alone. The number of waits is
 * bounded: beyond it a gateway is answered at once, with the time of its next request. Each gateway has one wait, its newest.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import {
  type Command,
  type CommandKey,
  longestValidityMs,
  maxArgumentsBytes,
  maxCommandsPerDay,
  sealCommand,
} from '@forpost/shared/event/command.ts';
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { messageIn } from '@forpost/shared/texts/message.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import type { HistoryStore } from '../history/store.ts';
import { CommandBook, type KnownCommand } from './book.ts';
import { type SigningKey, signingKey } from './key.ts';
import type { CommandLog, OnCommand } from './log.ts';
import type { CommandView } from './schemas.ts';

export interface CommandsOptions {
  readonly keyFile: string;
  readonly log: (onCommand: OnCommand) => CommandLog;
  readonly history: Pick<HistoryStore, 'events'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** called when a command is new, and when its result is known */
  readonly onChange: (view: CommandView) => void;
}

export interface Order {
  readonly gateway: string;
  readonly kind: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly author: string;
  readonly validMs: number;
}

/** The answer to a long poll. */
export interface PolledCommands {
  /** RFC 3339, by the centre's clock */
  readonly now: string;
  /** envelopes, as they are in the log */
  readonly commands: readonly unknown[];
  /** id of the last command; the next poll names it */
  readonly after: string;
  /** too many wait: ask again after this many ms; undefined: at once */
  readonly retryMs?: number;
}

const mostWaiting = 1_500;
const busyRetryMs = 15_000;
const mostHanded = 100;
const mostResults = 1_000;
const longestMessage = 1_000;

export class Commands implements Part {
  readonly #options: CommandsOptions;
  readonly #book = new CommandBook();
  readonly #log: CommandLog;
  readonly #waiting = new Map<string, () => void>();
  #key: SigningKey | undefined;

  constructor(options: CommandsOptions) {
    this.#options = options;
    this.#log = options.log((envelope) => this.#placed(envelope));
  }

  /** @throws ForpostError FORPOST_DATA_FOLDER, where the key cannot be read */
  async start(): Promise<void> {
    this.#key = await signingKey(this.#options.keyFile);
    await this.#log.start();
  }

  async stop(): Promise<void> {
    for (const wake of [...this.#waiting.values()]) wake();
    await this.#log.stop();
  }

  /** The key that gateways must trust. */
  get publicKey(): CommandKey {
    return this.#signing.publicKey;
  }

  /** Gateways that wait for commands at this moment. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Signs and sends a command; resolves when the log has it. @throws RangeError where the order is wrong, ForpostError
   * FORPOST_COMMANDS_FULL, errors of the log
   */
  async issue({ gateway, kind, arguments: values, author, validMs }: Order): Promise<CommandView> {
    if (validMs < 1 || validMs > longestValidityMs)
      throw new RangeError(words('centre/reason.command-validity', { hours: longestValidityMs / 3_600_000 }));
    if (Buffer.byteLength(JSON.stringify(values)) > maxArgumentsBytes)
      throw new RangeError(words('centre/reason.command-arguments', { bytes: maxArgumentsBytes }));
    const now = this.#options.clock.now();
    if (this.#book.issuedSince(gateway, now - longestValidityMs) >= maxCommandsPerDay)
      throw new ForpostError(
        'FORPOST_COMMANDS_FULL',
        words('centre/reason.commands-full', { gateway, count: maxCommandsPerDay }),
      );
    const command: Command = {
      id: randomUUID(),
      gateway: asId(gateway),
      kind,
      arguments: values,
      author,
      issued: rfc3339(now),
      expires: rfc3339(now + validMs),
    };
    const envelope = sealCommand(command, this.#signing.privateKey);
    await this.#log.append(gateway, envelope);
    this.#options.logger.info({ command: command.id, gateway, kind, author }, 'a command was sent');
    const known = this.#book.add(envelope, false, now);
    if (known === undefined) throw new Error('a command of our own cannot be read');
    return this.#view(known);
  }

  /** The commands to a gateway with their results, newest first. */
  async recent(gateway: string, limit: number): Promise<readonly CommandView[]> {
    if (this.#book.recent(gateway, limit).some(({ result }) => result === undefined)) {
      const { events } = await this.#options.history.events({
        gateway,
        type: eventTypes.commandResult,
        limit: mostResults,
      });
      for (const event of events) this.#settle(event);
    }
    return this.#book.recent(gateway, limit).map((known) => this.#view(known));
  }

  /** Notes the results among events that the history has just stored. */
  stored(events: readonly ForpostEvent[]): void {
    for (const event of events) {
      if (event.type !== eventTypes.commandResult) continue;
      const settled = this.#settle(event);
      if (settled !== undefined) this.#options.onChange(this.#view(settled));
    }
  }

  /**
   * The commands that a gateway has not taken yet, behind `after`; where there are none, waits for one. `gone`: the gateway
   * has disconnected.
   */
  async poll(gateway: string, after: string, waitMs: number, gone: AbortSignal): Promise<PolledCommands> {
    if (waitMs > 0 && this.#next(gateway, after).length === 0) {
      if (this.#waiting.size >= mostWaiting && !this.#waiting.has(gateway))
        return { ...this.#handed(gateway, after), retryMs: busyRetryMs };
      await this.#wait(gateway, waitMs, gone);
    }
    return this.#handed(gateway, after);
  }

  #wait(gateway: string, waitMs: number, gone: AbortSignal): Promise<void> {
    // an older wait of the same gateway belongs to a connection that the gateway has given up
    this.#waiting.get(gateway)?.();
    if (gone.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        timer.cancel();
        gone.removeEventListener('abort', wake);
        if (this.#waiting.get(gateway) === wake) this.#waiting.delete(gateway);
        resolve();
      };
      const timer = this.#options.clock.after(waitMs, wake);
      gone.addEventListener('abort', wake, { once: true });
      this.#waiting.set(gateway, wake);
    });
  }

  #handed(gateway: string, after: string): PolledCommands {
    const next = this.#next(gateway, after);
    return {
      now: rfc3339(this.#options.clock.now()),
      commands: next.map(({ envelope }) => JSON.parse(envelope) as unknown),
      after: next.at(-1)?.command.id ?? after,
    };
  }

  #next(gateway: string, after: string): readonly KnownCommand[] {
    return this.#book.unexpired(gateway, after, this.#options.clock.now(), mostHanded);
  }

  /** Notes that the log has a command. */
  #placed(envelope: string): void {
    const known = this.#book.add(envelope, true, this.#options.clock.now());
    if (known === undefined) return;
    this.#options.onChange(this.#view(known));
    this.#waiting.get(known.command.gateway)?.();
  }

  /** `data` came from another machine. */
  #settle({ gateway, time, data }: Pick<ForpostEvent, 'gateway' | 'time' | 'data'>): KnownCommand | undefined {
    if (typeof data !== 'object' || data === null) return undefined;
    const { command, outcome, message, message_i18n } = data as Readonly<Record<string, unknown>>;
    if (typeof command !== 'string' || typeof outcome !== 'string') return undefined;
    const words = typeof message === 'string' ? message.slice(0, longestMessage).toWellFormed() : '';
    // an older gateway sends words alone
    const text = messageIn(message_i18n) ?? recognise(words);
    return this.#book.settle(gateway, command, {
      outcome,
      message: words,
      time,
      ...(text === undefined ? {} : { message_i18n: text }),
    });
  }

  #view({ command, result, key }: KnownCommand): CommandView {
    const { id, gateway, kind, author, issued, expires } = command;
    const over = this.#options.clock.now() > Date.parse(expires);
    return {
      id,
      gateway,
      kind,
      arguments: command.arguments,
      author,
      issued,
      expires,
      key,
      state: result?.outcome ?? (over ? 'unanswered' : 'sent'),
      message: result?.message ?? '',
      ...(result?.message_i18n === undefined ? {} : { message_i18n: result.message_i18n }),
      settled: result?.time ?? null,
    };
  }

  get #signing(): SigningKey {
    if (this.#key === undefined) throw new ForpostError('FORPOST_PART_FAILED', 'the commands are not started');
    return this.#key;
  }
}
