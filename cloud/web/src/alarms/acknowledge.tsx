/** The button that acknowledges an alarm on its site, and what is known of what became of it. */
import { Button } from '@mantine/core';
import { type ReactNode, useContext, useState } from 'react';
import type { AlarmView } from '../../../api/schemas.ts';
import type { CommandView } from '../../../commands/schemas.ts';
import { sentence } from '../http.ts';
import { MayAct } from '../may-act.ts';
import { CheckIcon } from '../parts/icons.tsx';
import { Mark } from '../parts/mark.tsx';
import { useNow } from '../time.ts';
import { acknowledging } from './acknowledging.ts';

export interface AcknowledgeProps {
  readonly alarm: AlarmView;
  /** by their ids */
  readonly commands: ReadonlyMap<string, CommandView>;
  readonly acknowledge: (alarm: AlarmView) => Promise<void>;
}

export function Acknowledge({ alarm, commands, acknowledge }: AcknowledgeProps): ReactNode {
  const now = useNow();
  const mayAct = useContext(MayAct);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState('');
  const known = acknowledging(commands.values(), alarm.alarm, now);
  const send = () => {
    setSending(true);
    setProblem('');
    acknowledge(alarm)
      .catch((error: unknown) => setProblem(sentence(error)))
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
          size="compact-sm"
          variant="default"
          loading={sending}
          onClick={send}
          aria-label={`Acknowledge: ${alarm.message}`}
        >
          Acknowledge
        </Button>
      )}
    </span>
  );
}
