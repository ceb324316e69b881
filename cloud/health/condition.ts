/**
 * The condition of the centre, from its parts: the answer of /api/v1/centre and the lines of the page's bar.
 *
 * Always: each obstacle to the centre's work, and each loss or refusal, is a sentence for staff in `problems`. A Kafka that
 * cannot be reached is reported once, however many parts need it. Pure.
 */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { inEnglish, type SentenceFields } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { recognise, recognisedOr } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { HistoryTrouble } from '../ingest/intake.ts';
import type { PoisonSeen } from '../ingest/poison-log.ts';
import type { ConsumerState } from '../kafka/supervised-consumer.ts';
import type { NotifierStatus } from '../notify/notifier.ts';
import type { CentreView } from './schemas.ts';

/** A problem that a part of the centre reports: a message, words with their message, or words that are recognised. */
export type Problem = Message | SentenceFields | string;

export interface CentreParts {
  /** ms since 1970 */
  readonly startedAt: number;
  /** ms since 1970 */
  readonly now: number;
  /** ms since 1970: Kafka's last answer to the consumer that waits longest; undefined: none yet; without Kafka: now */
  readonly kafkaAnsweredAt: number | undefined;
  /** the consumers of events and of gateways' states; none without Kafka */
  readonly consumers: readonly ConsumerState[];
  /** since the start: events that were stored, and events that came again */
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
  /** why the history or the dead letters accept no write; undefined while they accept */
  readonly trouble: HistoryTrouble | undefined;
  /** problems of the topics; words are recognised */
  readonly topics: readonly Problem[];
  /** problems of certificates, log-ins and files; words are recognised */
  readonly doors?: readonly Problem[];
  readonly notifier: NotifierStatus;
}

/** The `topic` of a record that the receiver brought without Kafka. */
const withoutKafka = 'receiver';
/** A Kafka that is silent for less is only slow: the page does not call itself old because of it. */
export const silentAfterMs = 8_000;
/** The records of some seconds: nobody notices a smaller lag. */
const catchingUpFrom = 10_000;

export function centreView(parts: CentreParts): CentreView {
  const { startedAt, consumers, stored, repeated, unread, poison, notifier } = parts;
  const reasons = workReasons(parts);
  const problems: Problem[] = [
    ...reasons,
    ...[...parts.topics, ...(parts.doors ?? [])],
    ...poisonProblems(poison),
    ...notifier.channels.flatMap(channelProblems),
  ];
  const notes = unread < catchingUpFrom ? [] : [message('centre/note.catching-up', { count: unread })];
  return {
    started: rfc3339(startedAt),
    ...currency(parts),
    problems: problems.map(wordsOf),
    problems_i18n: problems.map(messageOf),
    notes: notes.map(inEnglish),
    notes_i18n: notes,
    ingest: {
      connected: consumers.every(({ state }) => state === 'consuming'),
      reasons: reasons.map(inEnglish),
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

function wordsOf(problem: Problem): string {
  if (typeof problem === 'string') return problem;
  return 'message' in problem ? problem.message : inEnglish(problem);
}

function messageOf(problem: Problem): Message {
  if (typeof problem !== 'string' && 'key' in problem) return problem;
  const known = typeof problem === 'string' ? recognise(problem) : problem.message_i18n;
  return known ?? message('centre/problem.plain', { words: wordsOf(problem) });
}

/**
 * Whether the centre shows the present, and if not, the time of the data that it shows. While the centre catches up, what it
 * shows is older than it says; the notes say so.
 */
function currency({
  now,
  kafkaAnsweredAt,
  consumers,
  trouble,
}: CentreParts): Pick<CentreView, 'current' | 'as_of' | 'why_old' | 'why_old_i18n'> {
  const silent = consumers.some(({ state }) => state !== 'consuming') && now - (kafkaAnsweredAt ?? 0) >= silentAfterMs;
  if (!silent && trouble === undefined) return { current: true, as_of: rfc3339(now), why_old: '' };
  const asOf = Math.min(kafkaAnsweredAt ?? Number.POSITIVE_INFINITY, trouble?.since ?? Number.POSITIVE_INFINITY);
  const why = silent ? message('centre/old.kafka') : message('centre/old.history');
  return {
    current: false,
    as_of: kafkaAnsweredAt === undefined || asOf === Number.POSITIVE_INFINITY ? null : rfc3339(asOf),
    why_old: inEnglish(why),
    why_old_i18n: why,
  };
}

type WorkParts = Pick<CentreParts, 'consumers' | 'notifier' | 'trouble'>;

/** Why the centre cannot do its work now, each reason once, in English; none where it can. */
export function workProblems(parts: WorkParts): readonly string[] {
  return workReasons(parts).map(inEnglish);
}

function workReasons(parts: WorkParts): readonly Message[] {
  const { trouble } = parts;
  if (trouble === undefined) return kafkaProblems(parts);
  const values = { time: rfc3339(trouble.since), reason: recognisedOr(trouble.reason) };
  return [
    ...kafkaProblems(parts),
    trouble.deadLetters
      ? message('centre/problem.dead-letters', values)
      : message('centre/problem.nothing-stored', values),
  ];
}

/** Why events, gateways' states or alerts are not being read, each reason once. */
function kafkaProblems({ consumers, notifier }: Pick<CentreParts, 'consumers' | 'notifier'>): readonly Message[] {
  const states = [...consumers, { state: notifier.connected ? 'consuming' : 'connecting', reason: notifier.reason }];
  const reasons = states.flatMap(({ state, reason }) => (state === 'consuming' ? [] : [reason]));
  const known = new Set(reasons.filter((reason) => reason !== ''));
  if (known.size === 0 && reasons.length > 0) return [message('centre/problem.kafka-connecting')];
  return [...known].map((reason) => message('centre/problem.kafka', { reason: recognisedOr(reason) }));
}

function poisonProblems({ count, recent, earlier, conflict }: CentreParts['poison']): readonly Message[] {
  const problems: Message[] = [];
  if (conflict !== undefined) {
    const values = { gateway: conflict.key, time: rfc3339(conflict.at), reason: recognisedOr(conflict.reason) };
    problems.push(
      conflict.topic === withoutKafka
        ? message('centre/problem.twin-dropped', values)
        : message('centre/problem.twin-kept', values),
    );
  }
  // the conflict is reported above
  const others = recent.filter(
    ({ at, offset, reason }) => at !== conflict?.at || offset !== conflict.offset || reason !== conflict.reason,
  );
  const [latest] = others;
  const before = earlier.find((one) => others.includes(one));
  if (count > 0 && latest !== undefined)
    problems.push(message('centre/problem.records', { count, reason: recognisedOr(latest.reason) }));
  else if (before !== undefined)
    problems.push(
      message('centre/problem.record-before', { time: rfc3339(before.at), reason: recognisedOr(before.reason) }),
    );
  return problems;
}

function channelProblems(one: NotifierStatus['channels'][number]): readonly Message[] {
  const { channel, failed, queue, lastError, unreachable } = one;
  const problems: Message[] = [];
  if (unreachable !== undefined && queue === 0)
    problems.push(message('centre/problem.channel-unreachable', { reason: recognisedOr(unreachable) }));
  if (queue > 0 && lastError !== '')
    problems.push(message('centre/problem.channel-waits', { reason: recognisedOr(lastError), count: queue }));
  if (failed > 0) problems.push(message('centre/problem.channel-gave-up', { count: failed, channel }));
  return problems;
}
