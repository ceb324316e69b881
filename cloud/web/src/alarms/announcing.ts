/**
 * What a screen reader says of the alarms. Pure.
 *
 * Always: something is said when an alarm is raised or ends, and only then (the list itself changes each second); what
 * was active when the page was opened is not read out.
 */
import type { AlarmView } from '../../../alarms/schemas.ts';
import { countOf } from '../format.ts';
import { sortedAlarms } from '../live/desk-state.ts';
import { severityOf } from '../parts/mark.tsx';

export interface Announced {
  /** undefined = nothing was known yet */
  readonly active: ReadonlyMap<string, AlarmView> | undefined;
  readonly words: string;
}

export const nothingAnnounced: Announced = { active: undefined, words: '' };

/** `before` itself where there is nothing new to say. */
export function announce(before: Announced, alarms: Iterable<AlarmView>): Announced {
  const active = new Map([...alarms].filter((alarm) => alarm.active).map((alarm) => [alarm.alarm, alarm]));
  const known = before.active;
  if (known === undefined) return { active, words: '' };
  const raised = sortedAlarms([...active.values()].filter(({ alarm }) => !known.has(alarm)));
  const ended = sortedAlarms([...known.values()].filter(({ alarm }) => !active.has(alarm)));
  if (raised.length === 0 && ended.length === 0) return before;
  return { active, words: [raisedWords(raised), endedWords(ended)].filter((words) => words !== '').join(' ') };
}

function raisedWords(raised: readonly AlarmView[]): string {
  const [gravest] = raised;
  if (gravest === undefined) return '';
  const what = `${severityOf(gravest.severity).word} alarm${gravest.test ? ', a test' : ''}: ${sentenceOf(gravest.message)}`;
  return raised.length === 1 ? what : `${countOf(raised.length, 'new alarm')}. ${what}`;
}

function endedWords(over: readonly AlarmView[]): string {
  const [first] = over;
  if (first === undefined) return '';
  return over.length === 1 ? `Over: ${sentenceOf(first.message)}` : `${countOf(over.length, 'alarm')} over.`;
}

function sentenceOf(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
