/**
 * The list of alarms stands still while somebody uses it, so that nothing moves under a finger.
 *
 *   following ── a touch, the mouse over it, a key, scrolling, something opened ──► held ── nothing of it for 10 s ──► following
 *                                                                                     └── «show» ──► following
 *
 * Always: rows that are held keep their places, and show what is true of them now; what came meanwhile is counted and
 * told beside the list; the gravest of it in words.
 */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { AlarmView } from '../../../alarms/schemas.ts';
import { alarmKey } from '../live/desk-state.ts';
import { severityWord } from '../parts/mark.tsx';
import type { PageTexts } from '../texts/page-texts.ts';
import { alarmMessage } from './alarm-words.ts';

export interface HeldList {
  readonly rows: readonly AlarmView[];
  /** open ones that came since, the gravest first */
  readonly waiting: readonly AlarmView[];
}

/** The list as it was when it was last free to move. */
export interface Before {
  /** keys (`alarmKey`) of its rows */
  readonly rows: readonly string[];
  /** of all alarms that were known, those beyond the rows too */
  readonly known: ReadonlySet<string>;
}

export const nothingBefore: Before = { rows: [], known: new Set() };

/** `sorted`: all alarms as they would stand now. Pure. */
export function heldList(before: Before, sorted: readonly AlarmView[], all: ReadonlyMap<string, AlarmView>): HeldList {
  return {
    rows: before.rows.flatMap((key) => all.get(key) ?? []),
    waiting: sorted.filter((alarm) => alarm.open && !before.known.has(alarmKey(alarm))),
  };
}

/** «2 new alarms, Critical: Somebody at the gate» */
export function waitingWords(texts: PageTexts, waiting: readonly AlarmView[]): string {
  const [gravest] = waiting;
  if (gravest === undefined) return '';
  return texts.t('centre-page/alarms.new', {
    count: waiting.length,
    severity: severityWord(texts, gravest.severity),
    message: alarmMessage(texts, gravest),
  });
}

const idleMs = 10_000;

/** Whether the list in `card` is held, and how to let it go. `opened`: something in it is open and being read. */
export function useHold(card: RefObject<HTMLElement | null>, opened: boolean): readonly [boolean, () => void] {
  const [held, setHeld] = useState(false);
  const timer = useRef<number | undefined>(undefined);
  const release = useCallback(() => {
    window.clearTimeout(timer.current);
    setHeld(false);
  }, []);

  useEffect(() => {
    const element = card.current;
    if (element === null) return;
    const used = () => {
      setHeld(true);
      window.clearTimeout(timer.current);
      timer.current = window.setTimeout(() => setHeld(false), idleMs);
    };
    const inside = ['pointerdown', 'pointermove', 'keydown', 'focusin'] as const;
    for (const name of inside) element.addEventListener(name, used, { passive: true });
    // on a phone a finger that scrolls is about to press something
    const anywhere = ['touchstart', 'scroll'] as const;
    for (const name of anywhere) window.addEventListener(name, used, { passive: true });
    return () => {
      for (const name of inside) element.removeEventListener(name, used);
      for (const name of anywhere) window.removeEventListener(name, used);
      window.clearTimeout(timer.current);
    };
  }, [card]);
  return [held || opened, release];
}
