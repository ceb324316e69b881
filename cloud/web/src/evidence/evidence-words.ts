/** What the page says of a piece of evidence. */

import type { CommandView } from '../../../commands/schemas.ts';
import type { EvidenceView } from '../../../evidence/schemas.ts';
import { table } from '../parts/table.ts';

const words = table<string>({
  picture: 'At the alarm',
  best: 'Best view',
  clip: 'Clip around the alarm',
});

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

export interface Awaited {
  readonly words: string;
  /** whether it is under way */
  readonly waits: boolean;
}

/**
 * What is said of a piece that is not here. `known`: what the centre knows of it, undefined = it never asked for it;
 * `refused`: why it was not asked for just now; `failure`: as of `failureOf`; both '' where there is none.
 */
export function awaitedOf(known: EvidenceView | undefined, refused: string, failure: string): Awaited {
  if (refused !== '') return { words: `Not asked for: ${refused}`, waits: false };
  if (failure !== '') return { words: failure, waits: false };
  if (known === undefined) return { words: 'Asking for it…', waits: true };
  const part = Math.floor((known.received / known.size) * 100);
  return { words: part > 0 ? `${part} % is here` : 'Asked for; it comes when the site is connected', waits: true };
}
