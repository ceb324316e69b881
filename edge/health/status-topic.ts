/**
 * Publishes the gateway's state to the site's own subscribers: `forpost/status`, JSON, QoS 1, retained.
 *
 *   start ──► running ──► look every `checkEveryMs` ── state changed ──────────────────────────► publish
 *                │                            └─ only figures changed, `figuresMs` later ─► publish
 *                └── clean stop ──► publish «stopped»
 *
 * Always: at most one publish each `checkEveryMs`, and one each `figuresMs` while only figures change, because each
 * retained message is a write to the disk. Texts are cut. A crash publishes nothing: its subscribers lose their
 * connection.
 */
import type { Clock, Timer, Uptime } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { answer, message, optional, time } from '@forpost/shared/http/schema.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import Type from 'typebox';
import type { LocalPublisher } from '../broker/local-publisher.ts';
import type { OutboxStatus } from '../outbox/outbox.ts';
import type { Brief } from './status.ts';

const topic = 'forpost/status';
const checkEveryMs = 2_000;
const figuresMs = 60_000;
const longestProblem = 500;

export const statusMessageSchema = answer({
  state: Type.Enum(['running', 'stopped'], { description: 'stopped: the gateway was stopped on purpose' }),
  gateway: Type.String({ description: 'id of the gateway' }),
  site: Type.String({ description: 'id of the site' }),
  name: Type.String({ description: 'name of the gateway' }),
  version: Type.String({ description: 'version of Forpost' }),
  since: time('when it was started, or stopped'),
  at: time('when this message was published, by the gateway’s clock'),
  clock: optional(
    Type.Enum(['synced', 'unsynced'], {
      description: 'whether the clock is known to be in sync; absent with all below when stopped',
    }),
  ),
  problems: optional(
    answer({
      count: Type.Integer({ description: 'problems that the page shows' }),
      worst: Type.Union([Type.String(), Type.Null()], { description: 'the first of them, in words; null: none' }),
      worst_i18n: optional(message('`worst` as a message of the catalogue')),
    }),
  ),
  uplink: optional(
    answer({
      connected: Type.Boolean({ description: 'whether a sink of the uplink takes events; without an uplink absent' }),
      since: Type.String({ description: 'RFC 3339: since when the uplink is connected, or is not' }),
      backlog: Type.Integer({ description: 'events that wait for the sink that has most of them waiting' }),
    }),
  ),
  outbox: optional(
    answer({
      state: Type.Enum(['ok', 'full', 'failing'], {
        description: 'full: the disk has no room; failing: the outbox has another problem',
      }),
      used_bytes: Type.Number({ description: 'bytes that are in use' }),
      max_bytes: Type.Number({ description: 'bytes that the outbox may use' }),
      days_left: Type.Union([Type.Number(), Type.Null()], {
        description: 'days until readings are shed if nothing is delivered; null: unknown yet',
      }),
    }),
  ),
});
export type StatusMessage = Type.Static<typeof statusMessageSchema>;

/** For the reference. */
export const statusTopics = [
  { topic, retained: true, about: 'state of the gateway: running with its figures, or stopped; JSON, QoS 1' },
] as const;

export interface StatusTopicOptions {
  readonly publisher: LocalPublisher;
  readonly status: { brief(): Brief };
  readonly clock: Clock;
  readonly logger: Logger;
}

export class StatusTopic implements Part {
  readonly #options: StatusTopicOptions;
  #timer: Timer | undefined;
  #since = '';
  #shownState = '';
  #shownFigures = '';
  #shownAt: Uptime = Number.NEGATIVE_INFINITY;

  constructor(options: StatusTopicOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#since = rfc3339(this.#options.clock.now());
    this.#shownState = '';
    this.#publishChanges();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { clock, status } = this.#options;
    const { gateway, site, name, version } = status.brief();
    const at = rfc3339(clock.now());
    this.#publish({ state: 'stopped', gateway, site, name, version, since: at, at });
  }

  #publishChanges(): void {
    const { clock, status } = this.#options;
    this.#timer = clock.after(checkEveryMs, () => this.#publishChanges());
    const running = runningMessage(status.brief(), this.#since, rfc3339(clock.now()));
    const state = stateOf(running);
    const figures = JSON.stringify({ ...running, at: '' });
    const isDue = figures !== this.#shownFigures && clock.uptime() >= this.#shownAt + figuresMs;
    if (state === this.#shownState && !isDue) return;
    this.#shownState = state;
    this.#shownFigures = figures;
    this.#shownAt = clock.uptime();
    this.#publish(running);
  }

  #publish(content: StatusMessage): void {
    const { publisher, logger } = this.#options;
    try {
      publisher.publish(topic, JSON.stringify(content), { qos: 1, retain: true });
    } catch (error) {
      logger.error({ topic }, `the gateway’s state could not be published: ${messageOf(error)}`);
    }
  }
}

function runningMessage(brief: Brief, since: string, at: string): StatusMessage {
  const { gateway, site, name, version, clock, problems, uplinks, outbox } = brief;
  const [first] = problems;
  const worst = first === undefined ? null : first.slice(0, longestProblem);
  const worstI18n = first === undefined ? undefined : recognise(first);
  return {
    state: 'running',
    gateway,
    site,
    name,
    version,
    since,
    at,
    clock,
    problems: { count: problems.length, worst, ...(worstI18n === undefined ? {} : { worst_i18n: worstI18n }) },
    ...(uplinks.length === 0 ? {} : { uplink: uplinkOf(uplinks) }),
    outbox: {
      state: outboxState(outbox),
      used_bytes: outbox.room.usedBytes,
      max_bytes: outbox.room.maxBytes,
      days_left: outbox.room.daysLeft,
    },
  };
}

function uplinkOf(uplinks: Brief['uplinks']): NonNullable<StatusMessage['uplink']> {
  const open = uplinks.filter(({ state }) => state === 'live' || state === 'draining');
  const connected = open.length > 0;
  const times = (connected ? open : uplinks).map(({ since }) => since).sort();
  const [since = ''] = connected ? times : times.reverse();
  return { connected, since, backlog: Math.max(...uplinks.map(({ events }) => events)) };
}

function outboxState({ room, problem }: Pick<OutboxStatus, 'room' | 'problem'>): 'ok' | 'full' | 'failing' {
  if (room.diskFull) return 'full';
  return problem === '' ? 'ok' : 'failing';
}

/** The part of a message whose change is published at once. A number in a problem's words counts as a figure. */
function stateOf({ state, clock, problems, uplink, outbox }: StatusMessage): string {
  const worst = problems?.worst?.replaceAll(/\d+/g, '#');
  return JSON.stringify([state, clock, problems?.count, worst, uplink?.connected, outbox?.state]);
}
