/** The state of commands that acknowledge an alarm, in words for the alarm's row. Pure. */
import type { CommandView } from '../../../commands/schemas.ts';
import type { Tone } from '../parts/mark.tsx';
import type { PageTexts } from '../texts/page-texts.ts';

export interface Acknowledging {
  /** whether the command may still succeed; meanwhile the button is hidden */
  readonly waits: boolean;
  readonly tone: Tone;
  readonly words: string;
  /** the author and the gateway's own words, on hover */
  readonly title: string;
}

/** The state of the newest such command; undefined where there is none. `now`: ms since 1970 by the centre's clock. */
export function acknowledging(
  texts: PageTexts,
  commands: Iterable<CommandView>,
  alarm: string,
  now: number,
): Acknowledging | undefined {
  let newest: CommandView | undefined;
  for (const command of commands)
    if (command.kind === 'acknowledge' && command.arguments.alarm === alarm)
      if (newest === undefined || command.issued > newest.issued) newest = command;
  return newest && wordsFor(texts, newest, now);
}

function wordsFor({ t, say }: PageTexts, command: CommandView, now: number): Acknowledging {
  const { state, author, expires } = command;
  const message = say(command.message_i18n, command.message);
  const title = t('centre-page/acknowledge.author', { author });
  const withMessage = `${title}: ${message}`;
  const words = t('centre-page/acknowledge.no-answer');
  const late = { waits: false, tone: 'warning', words, title } as const;
  switch (state) {
    case 'sent':
      if (Date.parse(expires) < now) return late;
      return { waits: true, tone: 'info', words: t('centre-page/acknowledge.sent'), title };
    case 'applied':
      return { waits: true, tone: 'good', words: t('centre-page/acknowledge.applied'), title };
    case 'noted':
      return { waits: true, tone: 'info', words: t('centre-page/acknowledge.noted'), title: withMessage };
    case 'unanswered':
      return late;
    case 'expired':
      return { waits: false, tone: 'warning', words: t('centre-page/acknowledge.expired'), title: withMessage };
    default: {
      const reason = message === '' ? state : message;
      return { waits: false, tone: 'critical', words: t('centre-page/acknowledge.failed', { reason }), title };
    }
  }
}
