/** What became of the commands with which somebody acknowledged an alarm, in words for its row. Pure. */
import type { CommandView } from '../../../commands/schemas.ts';
import type { Tone } from '../parts/mark.tsx';

export interface Acknowledging {
  /** whether there is something to wait for: nobody is to press again */
  readonly waits: boolean;
  readonly tone: Tone;
  readonly words: string;
  /** more of it, for whoever points at it */
  readonly title: string;
}

/** How the newest such command stands; undefined where there is none. `now`: ms since 1970 by the centre's clock. */
export function acknowledging(commands: Iterable<CommandView>, alarm: string, now: number): Acknowledging | undefined {
  let newest: CommandView | undefined;
  for (const command of commands)
    if (command.kind === 'acknowledge' && command.arguments.alarm === alarm)
      if (newest === undefined || command.issued > newest.issued) newest = command;
  return newest && wordsFor(newest, now);
}

function wordsFor({ state, message, author, expires }: CommandView, now: number): Acknowledging {
  const title = `asked for by ${author}`;
  const late = { waits: false, tone: 'warning', words: 'No answer from the gateway', title } as const;
  switch (state) {
    case 'sent':
      if (Date.parse(expires) < now) return late;
      return { waits: true, tone: 'info', words: 'Sent, the gateway has not answered yet', title };
    case 'applied':
      return { waits: true, tone: 'good', words: 'Acknowledged on the site', title };
    case 'noted':
      return { waits: true, tone: 'info', words: 'Noted at the centre', title: `${title}: ${message}` };
    case 'unanswered':
      return late;
    case 'expired':
      return { waits: false, tone: 'warning', words: 'Reached the gateway too late', title: `${title}: ${message}` };
    default:
      return { waits: false, tone: 'critical', words: `Not acknowledged: ${message === '' ? state : message}`, title };
  }
}
