/**
 * Compares the history with what both boxes of one gateway acknowledged: the old one until it was killed, the restored one
 * afterwards. Pure.
 *
 *   acknowledged before the point ──────────────► in the history once            else lost, duplicated
 *   acknowledged after it, by the old box ──────► in the history once, or its number is in a gap record    else unexplained
 *   acknowledged by the restored box ───────────► in the history once            else lost, duplicated
 *
 * The point is the time in the backup's description: its copy of the outbox is made a moment later.
 *
 * Always: a number of an epoch and a lane stands for one event in the history and in both outboxes. A reading that the old
 * box had stored and not acknowledged may come twice: its device sends it again to a box that does not know it.
 */
import { eventTypes } from '@forpost/shared/event/event.ts';
import { gapOf } from '../../../cloud/history/gaps.ts';
import type { ApiEvent } from '../../harness/centre.ts';
import { contentOf, type StoredEvent } from './stored-event.ts';

export interface Evidence {
  /** when each reading was acknowledged, by its id, ms since 1970 */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** ids acknowledged until the old box was killed, and those that were under way then */
  readonly byOldBox: ReadonlySet<string>;
  readonly underWay: ReadonlySet<string>;
  /** time of the backup by its own description, ms since 1970 */
  readonly pointAt: number;
  readonly oldBox: readonly StoredEvent[];
  readonly newBox: readonly StoredEvent[];
  readonly history: readonly ApiEvent[];
}

export interface Judgement {
  readonly acknowledgedBefore: number;
  readonly acknowledgedAfter: number;
  readonly acknowledgedByNewBox: number;
  /** of those after the point: events that a gap record names */
  readonly namedAsLost: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly unexplained: number;
  readonly numbersTwice: number;
  readonly repeatsOfUnderWay: number;
  readonly alerts: number;
  /** sentences with examples */
  readonly problems: readonly string[];
}

const examples = 5;

export function judge(evidence: Evidence): Judgement {
  const { acknowledged, byOldBox, underWay, pointAt, oldBox, newBox, history } = evidence;
  const problems: string[] = [];
  const report = (what: string, which: readonly string[]): number => {
    if (which.length > 0) problems.push(`${which.length} ${what}: ${which.slice(0, examples).join(', ')}`);
    return which.length;
  };
  const counts = readingCounts(history);
  const ids = [...acknowledged.keys()];
  const before = ids.filter((id) => byOldBox.has(id) && (acknowledged.get(id) ?? 0) < pointAt);
  const after = ids.filter((id) => byOldBox.has(id) && (acknowledged.get(id) ?? 0) >= pointAt);
  const byNewBox = ids.filter((id) => !byOldBox.has(id));
  const isAbsent = (id: string) => !counts.has(id);

  const named = namedNumbers(history);
  const numberOf = new Map(oldBox.flatMap(({ number, reading }) => (reading === undefined ? [] : [[reading, number]])));
  const isNamed = (id: string) => named(numberOf.get(id));
  const twice = [...counts].filter(([, count]) => count > 1).map(([id]) => id);
  return {
    acknowledgedBefore: before.length,
    acknowledgedAfter: after.length,
    acknowledgedByNewBox: byNewBox.length,
    namedAsLost: after.filter((id) => isAbsent(id) && isNamed(id)).length,
    lost:
      report('acknowledged before the backup and not in the history', before.filter(isAbsent)) +
      report('acknowledged by the restored box and not in the history', byNewBox.filter(isAbsent)),
    duplicated: report(
      'in the history more than once',
      twice.filter((id) => !underWay.has(id)),
    ),
    unexplained:
      report(
        'acknowledged after the backup, neither in the history nor named as lost',
        after.filter((id) => isAbsent(id) && !isNamed(id)),
      ) +
      report(
        'stored by a box, neither in the history nor named as lost',
        absentNumbers([...oldBox, ...newBox], history),
      ),
    numbersTwice: report('numbers that stand for two events', numbersTwice(oldBox, newBox, history)),
    repeatsOfUnderWay: twice.filter((id) => underWay.has(id)).length,
    alerts: history.filter(({ type }) => type === eventTypes.alert).length,
    problems,
  };
}

/** `epoch/lane/number` of an event of the history */
function numberIn({ id }: ApiEvent): string {
  return id.slice(id.indexOf('/') + 1);
}

function readingCounts(history: readonly ApiEvent[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { type, data } of history)
    if (type === eventTypes.reading) counts.set(String(data.id), (counts.get(String(data.id)) ?? 0) + 1);
  return counts;
}

/** Whether a gap record of the history names `epoch/lane/number`. */
function namedNumbers(history: readonly ApiEvent[]): (number: string | undefined) => boolean {
  const gaps = history.flatMap((event) => {
    const record = gapOf(event);
    return record?.gap === undefined ? [] : [{ lane: `${record.epoch}/${record.lane}`, ...record.gap }];
  });
  return (number) => {
    if (number === undefined) return false;
    const at = number.lastIndexOf('/');
    const [lane, n] = [number.slice(0, at), Number(number.slice(at + 1))];
    return gaps.some((gap) => gap.lane === lane && gap.from <= n && (gap.through === null || n <= gap.through));
  };
}

function absentNumbers(stored: readonly StoredEvent[], history: readonly ApiEvent[]): readonly string[] {
  const arrived = new Set(history.map(numberIn));
  const named = namedNumbers(history);
  return [...new Set(stored.map(({ number }) => number))].filter((number) => !arrived.has(number) && !named(number));
}

function numbersTwice(
  oldBox: readonly StoredEvent[],
  newBox: readonly StoredEvent[],
  history: readonly ApiEvent[],
): readonly string[] {
  const known = new Map<string, string>();
  const twice = new Set<string>();
  const note = (number: string, content: string) => {
    const first = known.get(number);
    if (first === undefined) known.set(number, content);
    else if (first !== content) twice.add(number);
  };
  for (const { number, content } of [...oldBox, ...newBox]) note(number, content);
  const seen = new Set<string>();
  for (const event of history) {
    const number = numberIn(event);
    if (seen.has(number)) twice.add(number);
    seen.add(number);
    note(number, contentOf(event.type, event.data));
  }
  return [...twice];
}
