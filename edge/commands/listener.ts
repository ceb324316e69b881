/**
 * Listens for the centre's commands in the uplink's thread, on every feed there is, and lets only the genuine ones
 * through to the main thread.
 *
 *   each feed:   waiting ── delay ──► delivering ── it fails or ends ──► waiting (backoff)
 *   each item:   size, form, signature ── wrong ──► counted, told, the next one
 *                for this gateway? ── no ──► the same
 *                its result in the outbox? ── yes ──► the next one
 *                └── no ──► to the main thread ── result on disk ──► the next one
 *
 * Always: whatever stands in a topic, the items behind it are read; one command of a feed is under way at a time, so
 * that a flood of them waits in Kafka and not here; a signature is never checked in the thread that raises alarms.
 * Nothing that is not signed makes an event: who may write to the topic could fill the outbox with them.
 */
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { type Command, type CommandKey, openCommand } from '@forpost/shared/event/command.ts';
import type { GatewayId } from '@forpost/shared/event/ids.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
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
  /** so many items were no command for this gateway by a trusted key, since the last time; why the last one was not */
  readonly onRefused: (count: number, reason: string) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const backoff = { baseMs: 500, ceilingMs: 15_000 };
/** A feed that delivered for this long was a good one: the next wait is short again. */
const goodAfterMs = 60_000;
/** Whatever comes in, it is told to the main thread this seldom. */
const tellEveryMs = 1_000;

export class CommandListener {
  readonly #options: ListenerOptions;
  readonly #sparing: SparingLogger;
  readonly #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #refused = 0;
  #reason = '';
  #telling = false;

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
    let told = '';
    for (let attempt = 0; !signal.aborted; attempt++) {
      const begun = clock.uptime();
      try {
        await feed.run((delivered) => this.#take(delivered), signal);
      } catch (error) {
        // whether the centre can be reached at all, the sink's own state says, too
        const reason = messageOf(error);
        if (!signal.aborted && reason !== told) logger.warn({ sink, reason }, 'commands are not heard at present');
        told = reason;
      }
      if (clock.uptime() - begun >= goodAfterMs) attempt = 0;
      await sleep(clock, backoffMs(backoff, attempt, random), signal);
    }
  }

  async #take({ envelope, centreTime }: DeliveredCommand): Promise<void> {
    const { keys, gateway, isSettled, apply } = this.#options;
    const opened = openCommand(envelope, keys);
    if (!opened.ok) return this.#refuse(opened.reason);
    const { command } = opened;
    if (command.gateway !== gateway) return this.#refuse(`it is for the gateway "${command.gateway}"`);
    if (isSettled(command.id)) return;
    // one that is under way at a stop is delivered again after the next start
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

  #refuse(reason: string): void {
    this.#refused++;
    this.#reason = reason;
    this.#sparing.warn(reason, { reason }, 'an item among the commands is none for this gateway');
    if (this.#telling) return;
    this.#telling = true;
    const { clock, onRefused } = this.#options;
    clock.after(tellEveryMs, () => {
      this.#telling = false;
      onRefused(this.#refused, this.#reason);
      this.#refused = 0;
    });
  }
}
