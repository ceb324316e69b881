/**
 * Judges and runs the centre's commands, in the main thread. Signature and addressee are checked before (listener.ts, in
 * the uplink's thread).
 *
 *   handle ──► in time? ──► a kind we know, arguments that fit? ──► run ──► result (and alerts) in one outbox entry ──► done
 *                └── no ──────────────────────── no ─────────────────────────┘
 *
 * Always: `handle` resolves when the result is on disk; until then the command counts as not run. A gateway that is killed
 * before runs the command again, and still stores one result, because its id is unique in the outbox. Two deliveries of a
 * command at the same time run it once. An error of a command becomes its result.
 *
 * The time that decides whether a command is in time comes from this gateway's clock if that is in sync, and otherwise from
 * the connection (the broker's append time, the receiver's answer). A clock at 1970 would accept every command and a clock
 * at 2099 none, and a site without a time service must accept commands too. A connection with a false time cannot cause a
 * second run, because of the ids. Without either time the command is refused. A command that expired before `atLeast` (the
 * newest sync, event or source) is expired, whatever the connection says.
 */

import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { Command, CommandOutcome, CommandResultData } from '@forpost/shared/event/command.ts';
import type { ClockQuality } from '@forpost/shared/event/event.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import { asMessage, type Sentence, wordsOf } from '@forpost/shared/texts/sentence.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { Compile } from 'typebox/compile';
import type { Alert } from '../alerts/action.ts';
import type { CommandContext, CommandKind, Effect } from './command-kind.ts';

export interface CommanderOptions {
  readonly kinds: readonly CommandKind[];
  readonly context: CommandContext;
  readonly quality: () => ClockQuality;
  /** the earliest time that it can be now, ms since 1970 */
  readonly atLeast: () => number;
  /** stores the result and the alerts in one entry; resolves when they are on disk, also where an earlier result is */
  readonly store: (result: CommandResultData, alerts: readonly Alert[]) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** How far in the future `issued` may be before the gateway's clock counts as wrong. */
const toleranceMs = 10 * 60_000;
const runDeadlineMs = 10_000;
const storeBackoff = { baseMs: 200, ceilingMs: 10_000 };
/** Ids of commands with a result that this process remembers: two feeds may bring one command at the same moment. */
const rememberedIds = 1000;
const longestMessage = 500;

interface Done extends Omit<Effect, 'outcome'> {
  readonly outcome: CommandOutcome;
}

type Verdict = { readonly due: true } | { readonly due: false; readonly effect: Done };

export class Commander {
  readonly #options: CommanderOptions;
  readonly #kinds: ReadonlyMap<
    string,
    { readonly kind: CommandKind; readonly fits: (values: unknown) => string | undefined }
  >;
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #settled = new Set<string>();
  readonly #sparing: SparingLogger;
  readonly #stopping = new AbortController();

  constructor(options: CommanderOptions) {
    this.#options = options;
    this.#sparing = new SparingLogger(options.logger, options.clock);
    this.#kinds = new Map(options.kinds.map((kind) => [kind.kind, { kind, fits: checkOf(kind) }]));
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** `centreTime`: see `DeliveredCommand`. Rejects only if the gateway stops, or if the outbox can never store the result. */
  handle(command: Command, centreTime: number | undefined): Promise<void> {
    if (this.#settled.has(command.id)) return Promise.resolve();
    const known = this.#underWay.get(command.id);
    if (known !== undefined) return known;
    const taken = this.#settle(command, centreTime).finally(() => this.#underWay.delete(command.id));
    this.#underWay.set(command.id, taken);
    return taken;
  }

  #settle(command: Command, centreTime: number | undefined): Promise<void> {
    const verdict = this.#judge(command, centreTime);
    const done = verdict.due ? this.#run(command) : verdict.effect;
    // in the same turn if possible: otherwise the end of an alarm could reach the outbox before its acknowledgement
    return done instanceof Promise ? done.then((effect) => this.#finish(command, effect)) : this.#finish(command, done);
  }

  async #finish({ id, kind, author }: Command, done: Done): Promise<void> {
    const { outcome } = done;
    const i18n = asMessage(done.message);
    const message = wordsOf(done.message).slice(0, longestMessage);
    const result = {
      command: id,
      kind,
      outcome,
      message,
      ...(i18n === undefined ? {} : { message_i18n: i18n }),
      author,
    };
    await this.#store(result, done.alerts ?? []);
    this.#options.logger.info({ command: id, kind, author, outcome, message }, 'a command of the centre');
    this.#settled.add(id);
    for (const oldest of this.#settled) {
      if (this.#settled.size <= rememberedIds) break;
      this.#settled.delete(oldest);
    }
  }

  #judge(command: Command, centreTime: number | undefined): Verdict {
    const { clock, quality, atLeast } = this.#options;
    const isSynced = quality() === 'synced';
    const floor = isSynced ? Number.NEGATIVE_INFINITY : atLeast();
    const not = (outcome: 'refused' | 'expired', message: Sentence): Verdict => ({
      due: false,
      effect: { outcome, message },
    });
    const expires = Date.parse(command.expires);
    if (floor > expires)
      return not('expired', message('gateway/answer.expired-by', { until: command.expires, now: rfc3339(floor) }));
    if (!isSynced && centreTime === undefined) return not('refused', message('gateway/answer.clock-unknown'));
    const now = isSynced ? clock.now() : Math.max(centreTime ?? floor, floor);
    if (now > expires) return not('expired', message('gateway/answer.expired', { until: command.expires }));
    if (Date.parse(command.issued) > now + toleranceMs)
      return not('refused', message('gateway/answer.from-future', { issued: command.issued }));
    return { due: true };
  }

  #run({ kind, arguments: values, author }: Command): Done | Promise<Done> {
    const known = this.#kinds.get(kind);
    if (known === undefined)
      return { outcome: 'refused', message: message('gateway/answer.unknown-command', { kind: kind.slice(0, 100) }) };
    const wrong = known.fits(values);
    if (wrong !== undefined)
      return { outcome: 'refused', message: message('gateway/answer.wrong-arguments', { detail: wrong }) };
    try {
      const effect = known.kind.run(values, this.#options.context, author);
      return effect instanceof Promise ? this.#inTime(effect) : effect;
    } catch (error) {
      return failed(error);
    }
  }

  async #inTime(effect: Promise<Effect>): Promise<Done> {
    const late = new AbortController();
    const tooLong = sleep(this.#options.clock, runDeadlineMs, late.signal).then(
      (): Done => ({
        outcome: 'failed',
        message: message('gateway/answer.took-too-long', { seconds: runDeadlineMs / 1000 }),
      }),
    );
    try {
      return await Promise.race([effect, tooLong]);
    } catch (error) {
      return failed(error);
    } finally {
      late.abort();
    }
  }

  async #store(result: CommandResultData, alerts: readonly Alert[]): Promise<void> {
    const { store, clock, random } = this.#options;
    const { signal } = this.#stopping;
    for (let attempt = 0; ; attempt++) {
      try {
        return await store(result, alerts);
      } catch (error) {
        if (signal.aborted || (error instanceof ForpostError && !error.retryable)) throw error;
        this.#sparing.warn('store', { error: messageOf(error) }, 'a command’s result is not on disk yet: tried again');
        await sleep(clock, backoffMs(storeBackoff, attempt, random), signal);
      }
    }
  }
}

/** The error's own text is cut: the store of results takes no message of any length. */
function failed(error: unknown): Done {
  return {
    outcome: 'failed',
    message: message('gateway/answer.failed', { error: messageOf(error).slice(0, longestMessage) }),
  };
}

/** The problem with the arguments, in words; undefined: they are valid. */
function checkOf({ arguments: schema }: CommandKind): (values: unknown) => string | undefined {
  const compiled = Compile(schema);
  return (values) => {
    if (compiled.Check(values)) return undefined;
    const [first] = compiled.Errors(values);
    return `${first?.instancePath || 'they'} ${first?.message ?? 'are others'}`;
  };
}
