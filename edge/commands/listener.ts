/**
 * Listens for the centre's commands on every feed, in the uplink's thread, and passes only the genuine ones on to the main
 * thread.
 *
 *   each feed:   waiting ── delay ──► delivering ── it fails or ends ──► waiting (backoff)
 *   each item:   size, form, signature ── wrong ──► counted, reported, the next one
 *                for this gateway? ── no ──► the same
 *                its result in the outbox? ── yes ──► the next one
 *                └── no ──► to the main thread ── result on disk ──► the next one
 *
 * Always: an item that is no command does not stop those behind it; one command of a feed is under way at a time, so that
 * a flood of commands waits in Kafka; a signature is never checked in the thread that raises alarms. An unsigned item
 * causes no event of its own: otherwise a writer of the topic could fill the outbox.
 */

import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { type Command, type CommandKey, openCommand } from '@forpost/shared/event/command.ts';
import type { GatewayId } from '@forpost/shared/event/ids.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import type { CommandFeed, DeliveredCommand } from './feed.ts';

export interface ListenerOptions {
  /** by sink name */
  readonly feeds: ReadonlyMap<string, CommandFeed>;
  readonly keys: readonly CommandKey[];
  readonly gateway: GatewayId;
  /** whether this command's result is in the outbox. @throws where the outbox cannot be read now */
  readonly isSettled: (command: string) => boolean;
  /** resolves when the result is on disk */
  readonly apply: (command: Command, centreTime: number | undefined) => Promise<void>;
  /** `count` items were refused since the last call; `reason`: why the last one was */
  readonly onRefused: (count: number, reason: string) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const backoff = { baseMs: 500, ceilingMs: 15_000 };
/** After a feed has delivered for this long, the next wait is short again. */
const goodAfterMs = 60_000;
/** The least time between two reports of refused items to the main thread. */
const reportEveryMs = 1_000;

export class CommandListener {
  readonly #options: ListenerOptions;
  readonly #sparing: SparingLogger;
  readonly #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #refused = 0;
  #reason = '';
  #reporting = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#sparing = new SparingLogger(options.logger, options.clock);
  }

  /** Without a trusted key nothing is listened to: every command would be refused. */
  start(): void {
    const { feeds, keys } = this.#options;
    if (keys.length > 0) this.#running = Promise.all([...feeds].map(([sink, feed]) => this.#listen(sink, feed)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new ForpostError('FORPOST_SINK_UNREACHABLE', 'the uplink is stopping'));
    await this.#running;
  }

  async #listen(sink: string, feed: CommandFeed): Promise<void> {
    const { clock, random, logger } = this.#options;
    const { signal } = this.#stopping;
    let logged = '';
    for (let attempt = 0; !signal.aborted; attempt++) {
      const begun = clock.uptime();
      try {
        await feed.run((delivered) => this.#handle(delivered), signal);
      } catch (error) {
        // the state of the sink, too, says whether the centre can be reached
        const reason = messageOf(error);
        if (!signal.aborted && reason !== logged) logger.warn({ sink, reason }, 'commands are not heard at present');
        logged = reason;
      }
      if (clock.uptime() - begun >= goodAfterMs) attempt = 0;
      await sleep(clock, backoffMs(backoff, attempt, random), signal);
    }
  }

  async #handle({ envelope, centreTime }: DeliveredCommand): Promise<void> {
    const { keys, gateway, isSettled, apply } = this.#options;
    const opened = openCommand(envelope, keys);
    if (!opened.ok) return this.#refuse(opened.reason);
    const { command } = opened;
    if (command.gateway !== gateway)
      return this.#refuse(words('gateway/answer.other-gateway', { gateway: command.gateway }));
    if (isSettled(command.id)) return;
    // a command that is under way at a stop is delivered again after the next start
    const { signal } = this.#stopping;
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      await Promise.race([apply(command, centreTime), stopped]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #refuse(reason: Words): void {
    this.#refused++;
    this.#reason = reason;
    this.#sparing.warn(reason, { reason }, 'an item among the commands is none for this gateway');
    if (this.#reporting) return;
    this.#reporting = true;
    const { clock, onRefused } = this.#options;
    clock.after(reportEveryMs, () => {
      this.#reporting = false;
      onRefused(this.#refused, this.#reason);
      this.#refused = 0;
    });
  }
}
