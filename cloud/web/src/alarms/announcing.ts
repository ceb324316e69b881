/**
 * The announcements of alarms for a screen reader. Pure.
 *
 * Always: an announcement is made only when an alarm is raised or ends, because the list itself changes each second.
 * Alarms that were active when the page opened are not announced.
 */
import type { AlarmView } from '../../../alarms/schemas.ts';
import { sortedAlarms } from '../live/desk-state.ts';
import type { PageTexts } from '../texts/page-texts.ts';
import { alarmMessage } from './alarm-words.ts';

export interface Announced {
  /** undefined = no answer of the centre yet */
  readonly active: ReadonlyMap<string, AlarmView> | undefined;
  readonly words: string;
}

export const nothingAnnounced: Announced = { active: undefined, words: '' };

/** The next state; `before` itself where there is nothing to announce. */
export function announce(texts: PageTexts, before: Announced, alarms: Iterable<AlarmView>): Announced {
  const active = new Map([...alarms].filter((alarm) => alarm.active).map((alarm) => [alarm.alarm, alarm]));
  const known = before.active;
  if (known === undefined) return { active, words: '' };
  const raised = sortedAlarms([...active.values()].filter(({ alarm }) => !known.has(alarm)));
  const ended = sortedAlarms([...known.values()].filter(({ alarm }) => !active.has(alarm)));
  if (raised.length === 0 && ended.length === 0) return before;
  return {
    active,
    words: [raisedWords(texts, raised), endedWords(texts, ended)].filter((words) => words !== '').join(' '),
  };
}

function raisedWords(texts: PageTexts, raised: readonly AlarmView[]): string {
  const { t } = texts;
  const [gravest] = raised;
  if (gravest === undefined) return '';
  const what = t('centre-page/announce.raised', {
    severity: gravest.severity,
    test: gravest.test ? 'yes' : 'no',
    message: sentenceOf(alarmMessage(texts, gravest)),
  });
  return raised.length === 1 ? what : `${t('centre-page/announce.many', { count: raised.length })} ${what}`;
}

function endedWords(texts: PageTexts, over: readonly AlarmView[]): string {
  const { t } = texts;
  const [first] = over;
  if (first === undefined) return '';
  return over.length === 1
    ? t('centre-page/announce.over', { message: sentenceOf(alarmMessage(texts, first)) })
    : t('centre-page/announce.many-over', { count: over.length });
}

function sentenceOf(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
