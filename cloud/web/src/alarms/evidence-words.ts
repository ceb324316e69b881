/** What the page says of a piece of evidence. */
import type { CommandView } from '../../../commands/schemas.ts';

const words: Readonly<Record<string, string>> = {
  picture: 'At the alarm',
  best: 'Best view',
  clip: 'Clip around the alarm',
};

export function kindWords(kind: string): string {
  return words[kind] ?? 'Picture';
}

/** Why the gateway will not send it, by its newest answer; empty where it may still come. */
export function failureOf(commands: Iterable<CommandView>, sha256: string): string {
  let newest: CommandView | undefined;
  for (const command of commands) {
    if (command.kind !== 'evidence' || command.arguments.sha256 !== sha256) continue;
    if (newest === undefined || command.issued >= newest.issued) newest = command;
  }
  if (newest === undefined || newest.state === 'sent' || newest.state === 'applied') return '';
  if (newest.state === 'unanswered') return 'The gateway has not answered: show it again to ask anew';
  return newest.message === '' ? 'The gateway cannot send it' : `Not sent: ${newest.message}`;
}
