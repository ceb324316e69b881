/**
 * The site's document for the command line: through the running gateway, or on the file where no gateway runs.
 *
 *   gateway.sock answers ─► the gateway changes its own document, and its parts take the change
 *        └─ nobody there ─► the lock of the data folder is taken ─► the document is changed here ─► the lock is released
 *                                └─ held: a gateway runs and does not answer; nothing is changed
 *
 * Always: two processes never change one document at once; both ways check a change as a start does and give the same
 * answers.
 */
import { chownSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { configError } from '@forpost/shared/config/yaml.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { type Lock, lockFile } from '../outbox/sqlite/lock.ts';
import type { Changed } from '../site/change.ts';
import { SiteDocument } from '../site/document.ts';
import { conflictInWords } from '../site/live-site.ts';
import type { Author } from '../site/revision.ts';
import { writeCameraLogin } from './camera-logins.ts';
import type { Made, SiteDoor } from './door.ts';
import type { Installation } from './installation.ts';
import { loadSite } from './load-site.ts';
import type { SecretsFile } from './secrets-file.ts';
import { SocketClient } from './socket-client.ts';
import { SocketDoor } from './socket-door.ts';

/** Runs with the door of this installation, and closes it. `user`: of this machine, the author of changes. */
export async function withSiteDoor<T>(
  installation: Pick<Installation, 'data' | 'site_file' | 'secrets_file'>,
  user: string,
  run: (door: SiteDoor) => Promise<T>,
): Promise<T> {
  const { data, site_file: file, secrets_file: secretsFile } = installation;
  const running = new SocketClient(data, user);
  if (await running.answers()) return run(new SocketDoor(running));
  const lock = acquireLock(data);
  try {
    const load = (text: string) => loadSite(file, secretsFile, text);
    const document = new SiteDocument({ file, data, load, clock: systemClock });
    await document.open({ leaveEdits: true });
    return await run(fileDoor(document, { kind: 'command-line', name: user }, { data, secrets_file: secretsFile }));
  } finally {
    lock?.release();
  }
}

/**
 * The lock of the data folder, while no gateway runs. Undefined: there is no data folder yet, or this user may neither
 * lock nor write it.
 */
export function acquireLock(data: string): Lock | undefined {
  if (!existsSync(data)) return undefined;
  const file = join(data, 'gateway.lock');
  const isNew = !existsSync(file);
  let lock: Lock | undefined;
  try {
    lock = lockFile(file);
    const { uid, gid } = statSync(data);
    // a lock file made with sudo must belong to the service's user
    if (isNew && process.geteuid?.() === 0) chownSync(file, uid, gid);
  } catch {
    return lock;
  }
  if (lock === undefined)
    throw new ForpostError(
      'FORPOST_DATA_FOLDER',
      `a gateway uses the data folder ${data}, and does not answer at its socket: look at its page or its log`,
    );
  return lock;
}

function fileDoor(document: SiteDocument, author: Author, secrets: SecretsFile): SiteDoor {
  const kept = <T>(value: T | undefined, revision: string): T => {
    if (value === undefined) throw notKept(revision);
    return value;
  };
  return {
    async show(revision) {
      const shown = kept(await document.read(revision ?? String(document.newest.number)), revision ?? '');
      return { revision: shown.revision, document: shown.text };
    },
    history: async () => document.revisions(),
    diff: async (from, to) => kept(await document.difference(from, to), to === undefined ? from : `${from} or ${to}`),
    check: (text) => document.preview(text),
    byHand: async () => document.preview(await document.onDisk()),
    put: async (seen, text, why) => made(await document.change({ seen, author, why, edit: () => text })),
    undo: async (seen, to, why) => made(await document.undo(seen, to, { author, why })),
    saveCamera: async (seen, camera, edits, login, why) => {
      const makeSecrets = () => (login === undefined ? () => undefined : writeCameraLogin(secrets, camera, login));
      const changed = await document.change({ seen, author, why, edit: edits, makeSecrets });
      if ('unchanged' in changed) makeSecrets();
      return made(changed);
    },
    apply: async (why) => made(await document.takeUp({ author, why })),
  };
}

function made(changed: Changed): Made {
  if ('problems' in changed) throw configError(changed.problems);
  if ('conflict' in changed) throw new ForpostError('FORPOST_SITE_CONFLICT', conflictInWords(changed));
  return 'unchanged' in changed ? changed : { revision: changed.revision };
}

export function notKept(revision: string): ForpostError {
  const message = `revision ${revision} is not kept: "forpost site history" lists those that are`;
  return new ForpostError('FORPOST_ARGUMENT_INVALID', message);
}
