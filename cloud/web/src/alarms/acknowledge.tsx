/** The button that acknowledges an alarm on its site, and the state of its command. */
import { Button } from '@mantine/core';
import { type ReactNode, type RefObject, useContext, useEffect, useRef, useState } from 'react';
import type { AlarmView } from '../../../alarms/schemas.ts';
import type { CommandView } from '../../../commands/schemas.ts';
import { sentence } from '../http.ts';
import { MayAct } from '../may-act.ts';
import { CheckIcon } from '../parts/icons.tsx';
import { Mark } from '../parts/mark.tsx';
import { useTexts } from '../texts/use-texts.ts';
import { useNow } from '../time.ts';
import { acknowledging } from './acknowledging.ts';
import { alarmMessage } from './alarm-words.ts';

export interface AcknowledgeProps {
  readonly alarm: AlarmView;
  /** by command id */
  readonly commands: ReadonlyMap<string, CommandView>;
  readonly acknowledge: (alarm: AlarmView) => Promise<void>;
  /** the alarm's row, which gets the focus when the button disappears */
  readonly row: RefObject<HTMLElement | null>;
}

export function Acknowledge({ alarm, commands, acknowledge, row }: AcknowledgeProps): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const now = useNow();
  const mayAct = useContext(MayAct);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState('');
  const known = acknowledging(texts, commands.values(), alarm.alarm, now);
  const button = useRef<HTMLButtonElement>(null);
  const pressed = useRef(false);
  // when the button disappears, its focus moves to the row, so that keyboard users continue there
  useEffect(() => {
    const keepFocus = (here: HTMLElement | null) => {
      if (!pressed.current || document.activeElement !== document.body) return;
      // the focus moves only once, so that it does not come back later
      pressed.current = false;
      here?.focus({ preventScroll: true });
    };
    if (button.current === null) keepFocus(row.current);
    const here = row.current;
    return () => keepFocus(here);
  });
  const send = () => {
    setSending(true);
    pressed.current = true;
    setProblem('');
    acknowledge(alarm)
      .catch((error: unknown) => setProblem(sentence(texts, error)))
      .finally(() => setSending(false));
  };
  return (
    <span className="alarm-acknowledge">
      {problem !== '' ? (
        <Mark tone="critical">{problem}</Mark>
      ) : known === undefined ? null : (
        <Mark tone={known.tone} title={known.title} {...(known.tone === 'good' ? { icon: CheckIcon } : {})}>
          {known.words}
        </Mark>
      )}
      {!mayAct || (known?.waits === true && problem === '') ? null : (
        <Button
          ref={button}
          size="compact-sm"
          variant="default"
          loading={sending}
          onClick={send}
          aria-label={t('centre-page/acknowledge.label', { message: alarmMessage(texts, alarm) })}
        >
          {t('centre-page/acknowledge.button')}
        </Button>
      )}
    </span>
  );
}

/** The state of the command, for an alarm that is acknowledged at the centre. */
export function Progress({ alarm, commands }: Pick<AcknowledgeProps, 'alarm' | 'commands'>): ReactNode {
  const texts = useTexts();
  const now = useNow();
  const known = acknowledging(texts, commands.values(), alarm.alarm, now);
  if (known === undefined) return null;
  return (
    <span className="alarm-acknowledge">
      <Mark tone={known.tone} title={known.title}>
        {known.words}
      </Mark>
    </span>
  );
}
