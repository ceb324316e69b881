/**
 * Holds the list of alarms still while a person uses it, so that no row moves under a finger.
 *
 *   following ── a touch, the mouse over it, a key, scrolling, an opened row ──► held ── none of these for 10 s ──► following
 *                                                                                 └── «show» ──► following
 *
 * Always: held rows keep their places and show the present state of their alarms. The number of new alarms stands beside
 * the list, with the gravest one in words.
 */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { AlarmView } from '../../../alarms/schemas.ts';
import { alarmKey } from '../live/desk-state.ts';
import { severityWord } from '../parts/mark.tsx';
import type { PageTexts } from '../texts/page-texts.ts';
import { alarmMessage } from './alarm-words.ts';

export interface HeldList {
  readonly rows: readonly AlarmView[];
  /** open alarms that came since, the gravest first */
  readonly waiting: readonly AlarmView[];
}

/** The list at the moment when it was held. */
export interface Before {
  /** keys (`alarmKey`) of its rows */
  readonly rows: readonly string[];
  /** keys of all known alarms, including those without a row */
  readonly known: ReadonlySet<string>;
}

export const nothingBefore: Before = { rows: [], known: new Set() };

/** The rows of a held list. `sorted`: all alarms in their present order. Pure. */
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

/** Whether the list in `card` is held, and a function that releases it. `opened`: a person has opened a row and reads it. */
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
    // on a phone, a press often follows scrolling
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
