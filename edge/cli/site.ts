/**
 * What `forpost site …` prints. Without --json plain lines, with it one JSON document in the form of the API.
 *
 * Always: a refusal prints its reason and ends with status 1; nothing was changed then.
 */
import { readFileSync } from 'node:fs';
import { configError } from '@forpost/shared/config/yaml.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Made, SiteDoor } from '../config/door.ts';
import { loadInstallation } from '../config/load-installation.ts';
import { notKept, withSiteDoor } from '../config/site-door.ts';
import type { Preview } from '../site/change.ts';
import { authorInWords } from '../site/live-site.ts';
import type { ChangeInWords, Revision } from '../site/revision.ts';
import { print, runningUser } from './output.ts';

interface Options {
  readonly json?: boolean;
  readonly revision?: string;
  readonly why?: string;
}

export async function show(config: string, { revision, json }: Options): Promise<void> {
  const shown = await withDoor(config, (door) => door.show(revision));
  print(json, shown, () => [shown.document.replace(/\n$/, '')]);
}

export async function history(config: string, { json }: Options): Promise<void> {
  const revisions = await withDoor(config, (door) => door.history());
  print(json, { revisions }, () => revisions.flatMap(revisionLines));
}

export async function diff(config: string, file: string | undefined, { revision, json }: Options): Promise<void> {
  const found = await withDoor(config, async (door): Promise<Preview> => {
    if (file !== undefined) return door.check(textOf(file));
    return revision === undefined ? door.byHand() : { changes: await door.diff(revision), problems: [] };
  });
  print(json, found, () => [...changeLines(found.changes), ...found.problems.map((one) => `refused: ${one}`)]);
}

export async function apply(config: string, file: string | undefined, options: Options): Promise<void> {
  const { revision, why = '', json } = options;
  const made = await withDoor(config, async (door) => {
    if (file === undefined) return door.apply(why);
    const text = textOf(file);
    if (revision !== undefined) return door.put(revision, text, why);
    const [{ number }, { changes }] = [(await door.show()).revision, await door.check(text)];
    const would = changes.map(({ message }) => `\n  ${message}`).join('');
    const message = `say which revision ${file} was made from: --revision ${number} is the newest${would && `; over it the file would change:${would}`}`;
    throw new ForpostError('FORPOST_ARGUMENT_INVALID', message);
  });
  printMade(json, made);
}

export async function undo(config: string, { revision, why = '', json }: Options): Promise<void> {
  const made = await withDoor(config, async (door) => {
    const [newest, before] = await door.history();
    const to = revision ?? before?.number;
    if (newest === undefined || to === undefined) throw notKept('before the newest');
    return door.undo(String(newest.number), String(to), why || `back to revision ${to}`);
  });
  printMade(json, made);
}

function withDoor<T>(config: string, run: (door: SiteDoor) => Promise<T>): Promise<T> {
  return withSiteDoor(loadInstallation(config), runningUser(), run);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw configError([`${file}: ${messageOf(error)}`], error);
  }
}

function printMade(json: boolean | undefined, made: Made): void {
  print(json, made, () =>
    made.revision === undefined
      ? [`Nothing to change: this is revision ${made.unchanged?.number}.`]
      : [`Revision ${made.revision.number} is the site now:`, ...changeLines(made.revision.changes)],
  );
}

function revisionLines({ number, author, at, why, changes }: Revision): readonly string[] {
  const reason = why === '' ? '' : ` (${why})`;
  return [`${number}  ${at}  ${authorInWords(author)}${reason}`, ...changeLines(changes)];
}

function changeLines(changes: readonly ChangeInWords[]): readonly string[] {
  return changes.length === 0 ? ['  nothing differs'] : changes.map(({ message }) => `  ${message}`);
}
