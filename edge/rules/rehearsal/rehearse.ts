/** Rehearses rules over the stored events of some hours: the drafted ones and the standing ones over the same events. */
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { KeptEvents } from '../../outbox/sqlite/reader/kept-events.ts';
import { ruleKind } from '../kinds/registry.ts';
import type { RehearsalAnswer, RehearsalQuestion } from './messages.ts';
import { Rehearsal, type Rehearsed } from './rehearsal.ts';
import { eventsOf, spansSince } from './stored-events.ts';

/** Events between two looks at the clock. */
const lookEvery = 1000;
/** A first event this much later than wanted is no gap. */
const nearlyMs = 10 * 60_000;

/** `uptime`: ms of the monotonic clock, for the limit of time. @throws what the outbox's file says */
export function rehearse(question: RehearsalQuestion, kept: KeptEvents, uptime: () => number): RehearsalAnswer {
  const { site, drafted, standing, from, now, mostEvents, mostMs } = question;
  const runs = { drafted: new Rehearsal(site, drafted), standing: new Rehearsal(site, standing) };
  const both = [runs.drafted, runs.standing];
  const until = uptime() + mostMs;
  const { epochs, cut } = spansSince(kept, from, mostEvents);
  let events = 0;
  let starts = 0;
  let first: number | undefined;
  let last: { readonly received: number; readonly uptime: number } | undefined;
  let late = false;
  for (const spans of epochs) {
    if (late) break;
    starts++;
    for (const event of eventsOf(kept, spans)) {
      events++;
      first ??= event.received;
      last = event;
      for (const run of both) if (run.concerns(event)) run.event(event);
      if (events % lookEvery === 0 && uptime() > until) {
        late = true;
        break;
      }
    }
  }
  // time goes on behind the last event, unless the machine was started again since
  const isSameBoot = last !== undefined && question.uptime >= last.uptime;
  for (const run of both)
    if (late || !isSameBoot) run.end(last?.uptime ?? 0, last?.received ?? now);
    else run.end(question.uptime, now);
  const results = { drafted: runs.drafted.result(), standing: runs.standing.result() };
  const limits = limitsOf(question, results.drafted, { cut, late, starts, first, last: last?.received });
  return {
    ...results,
    from,
    ...(first === undefined ? {} : { first }),
    ...(last === undefined ? {} : { last: last.received }),
    events,
    limits,
  };
}

interface Course {
  readonly cut: boolean;
  readonly late: boolean;
  readonly starts: number;
  readonly first: number | undefined;
  readonly last: number | undefined;
}

function limitsOf(
  { drafted, from, now, mostEvents, mostMs }: RehearsalQuestion,
  result: Rehearsed,
  { cut, late, starts, first, last }: Course,
): readonly Message[] {
  if (first === undefined || last === undefined) return [message('rule/limit.nothing')];
  const limits: Message[] = [];
  if (cut)
    limits.push(message('rule/limit.events', { count: mostEvents, duration: { seconds: (now - first) / 1000 } }));
  else if (first - from > nearlyMs)
    limits.push(message('rule/limit.hours', { duration: { seconds: (now - first) / 1000 } }));
  if (late)
    limits.push(
      message('rule/limit.time', { limit: { seconds: mostMs / 1000 }, time: { time: new Date(last).toISOString() } }),
    );
  if (starts > 1) limits.push(message('rule/limit.restarts', { count: starts - 1 }));
  const lacking = drafted.map(({ kind }) => ruleKind(kind)?.rehearsal);
  if (lacking.includes('pictures')) limits.push(message('rule/limit.pictures'));
  if (lacking.includes('partly')) limits.push(message('rule/limit.partly'));
  if (lacking.includes('unread')) limits.push(message('rule/limit.unread'));
  if (result.more > 0) limits.push(message('rule/limit.alarms', { count: result.more }));
  if (result.failures > 0)
    limits.push(message('rule/limit.failed', { count: result.failures, reason: result.lastFailure ?? '' }));
  return limits;
}
