/**
 * How the centre itself is, from what its parts say: what /api/v1/centre answers and what the page's bar shows.
 *
 * Always: what keeps it from its work now, and what was lost or refused, stands in `problems` as a sentence for staff;
 * a Kafka that is away is told once, however many parts miss it. Pure.
 */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { HistoryTrouble } from '../ingest/intake.ts';
import type { PoisonSeen } from '../ingest/poison-log.ts';
import type { ConsumerState } from '../kafka/supervised-consumer.ts';
import type { NotifierStatus } from '../notify/notifier.ts';
import type { CentreView } from './schemas.ts';

export interface CentreParts {
  /** ms since 1970 */
  readonly startedAt: number;
  /** ms since 1970 */
  readonly now: number;
  /** when Kafka said anything last to all of them, ms since 1970; undefined: not since the start; now: without Kafka */
  readonly heard: number | undefined;
  /** the consumers of events and of gateways' states; none without Kafka */
  readonly consumers: readonly ConsumerState[];
  /** stored events, and those that came again, since the start */
  readonly stored: number;
  readonly repeated: number;
  /** records in Kafka that are not in the history yet */
  readonly unread: number;
  readonly poison: {
    readonly count: number;
    readonly recent: readonly PoisonSeen[];
    /** from before this start */
    readonly earlier: readonly PoisonSeen[];
    /** the latest event whose id was stored with other content */
    readonly conflict: PoisonSeen | undefined;
  };
  /** why the history, or the dead letters, take nothing; undefined where they do */
  readonly trouble: HistoryTrouble | undefined;
  /** what is wrong with the topics, in sentences */
  readonly topics: readonly string[];
  /** what is wrong with certificates and log-ins, in sentences */
  readonly doors?: readonly string[];
  readonly notifier: NotifierStatus;
}

/** As `topic` of what the receiver brought without Kafka. */
const withoutKafka = 'receiver';
/** A Kafka that is silent for less is slow: nobody is to be told that the page is old because of it. */
export const silentAfterMs = 8_000;
/** Some seconds' worth: below it nobody would see that something is behind. */
const catchingUpFrom = 10_000;

export function centreView(parts: CentreParts): CentreView {
  const { startedAt, consumers, stored, repeated, unread, poison, notifier } = parts;
  const reasons = workProblems(parts);
  const problems = [
    ...reasons,
    ...parts.topics,
    ...(parts.doors ?? []),
    ...poisonProblems(poison),
    ...notifier.channels.flatMap(channelProblems),
  ];
  return {
    started: rfc3339(startedAt),
    ...currency(parts),
    problems,
    notes:
      unread < catchingUpFrom
        ? []
        : [`catching up: ${new Intl.NumberFormat('en').format(unread)} records in Kafka are not stored yet`],
    ingest: {
      connected: consumers.every(({ state }) => state === 'consuming'),
      reasons,
      stored,
      repeated,
      unread,
    },
    dead_letters: {
      count: poison.count,
      recent: poison.recent.map(({ at, key, ...record }) => ({ ...record, at: rfc3339(at), gateway: key })),
    },
    notifier: {
      connected: notifier.connected,
      reason: notifier.reason,
      channels: notifier.channels,
    },
  };
}

/**
 * Whether the centre shows the present, and if not, up to when what it shows was so. While it catches up what is shown
 * grows older than it says; the notes tell that.
 */
function currency({ now, heard, consumers, trouble }: CentreParts): Pick<CentreView, 'current' | 'as_of' | 'why_old'> {
  const silent = consumers.some(({ state }) => state !== 'consuming') && now - (heard ?? 0) >= silentAfterMs;
  if (!silent && trouble === undefined) return { current: true, as_of: rfc3339(now), why_old: '' };
  const asOf = Math.min(heard ?? Number.POSITIVE_INFINITY, trouble?.since ?? Number.POSITIVE_INFINITY);
  return {
    current: false,
    as_of: heard === undefined || asOf === Number.POSITIVE_INFINITY ? null : rfc3339(asOf),
    why_old: silent ? 'Kafka does not answer the centre' : 'the history of the centre takes nothing',
  };
}

/** Why the centre cannot do its work now, each reason once; none where it can. */
export function workProblems(parts: Pick<CentreParts, 'consumers' | 'notifier' | 'trouble'>): readonly string[] {
  const { trouble } = parts;
  if (trouble === undefined) return kafkaProblems(parts);
  const { since, reason, deadLetters } = trouble;
  const what = deadLetters
    ? `since ${rfc3339(since)} events wait behind a record that nobody can read, because it cannot be written to the dead letters`
    : `nothing has been stored since ${rfc3339(since)}`;
  return [...kafkaProblems(parts), `${what}: ${reason}. No event is lost: what comes waits`];
}

/** Why events, gateways' states or alerts are not being read, each reason once. */
function kafkaProblems({ consumers, notifier }: Pick<CentreParts, 'consumers' | 'notifier'>): readonly string[] {
  const states = [...consumers, { state: notifier.connected ? 'consuming' : 'connecting', reason: notifier.reason }];
  const reasons = states.flatMap(({ state, reason }) => (state === 'consuming' ? [] : [reason]));
  const known = reasons.filter((reason) => reason !== '');
  return [...new Set(known.length > 0 ? known : reasons.map(() => 'connecting'))].map((reason) => `Kafka: ${reason}`);
}

function poisonProblems({ count, recent, earlier, conflict }: CentreParts['poison']): readonly string[] {
  const problems: string[] = [];
  if (conflict !== undefined)
    problems.push(
      `two gateways may run as "${conflict.key}", or one on a copied disk: on ${rfc3339(conflict.at)} ` +
        `${conflict.reason}. The first content stands, ${conflict.topic === withoutKafka ? 'the other was not kept' : 'the other is in the dead letters'}`,
    );
  // what has just been said is not said again
  const others = recent.filter(
    ({ at, offset, reason }) => at !== conflict?.at || offset !== conflict.offset || reason !== conflict.reason,
  );
  const [latest] = others;
  const before = earlier.find((one) => others.includes(one));
  if (count > 0 && latest !== undefined) {
    const records = count === 1 ? '1 record' : `${count} records`;
    problems.push(`${records} could not be processed since the centre started; the latest: ${latest.reason}`);
  } else if (before !== undefined)
    problems.push(`before this start, on ${rfc3339(before.at)}, a record could not be processed: ${before.reason}`);
  return problems;
}

function channelProblems(one: NotifierStatus['channels'][number]): readonly string[] {
  const { channel, failed, queue, lastError } = one;
  const problems: string[] = [];
  if (one.unreachable !== undefined && queue === 0)
    problems.push(`${one.unreachable}: no notification arrives through it now`);
  if (queue > 0 && lastError !== '') problems.push(`${lastError}; ${queue} waiting for it`);
  if (failed > 0)
    problems.push(
      `${failed} ${failed === 1 ? 'notification was' : 'notifications were'} given up by channel ${channel}`,
    );
  return problems;
}
