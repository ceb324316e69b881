/**
 * `forpost backup` and `forpost restore`, as a person runs them: passphrase, progress on standard error, and what is to be
 * done next.
 *
 * Always: a backup runs with a lower priority than a gateway beside it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { ForpostError } from '@forpost/shared/errors.ts';
import { setNice } from '@forpost/shared/priority.ts';
import { makeBackup } from '../backup/backup.ts';
import { checkTarget, writeBackup } from '../backup/backup-file.ts';
import { checkBackup } from '../backup/check-backup.ts';
import { type Restored, restore } from '../backup/restore.ts';
import { judge } from '../config/judge.ts';
import { loadInstallation } from '../config/load-installation.ts';
import type { StagedRestore } from '../console/restore-desk.ts';
import { type PassphraseOptions, readPassphrase } from './passphrase.ts';

/** A priority (nice) lower than a gateway's, and not the lowest. */
const behindGateway = 10;
const standardOutput = '-';
/** Problems in an answer for the page: a site without its secrets has one for each device. */
const mostProblems = 50;
const longestProblem = 500;

export interface BackupCommand extends PassphraseOptions {
  readonly config: string;
  readonly replace?: boolean;
}

/** @throws ForpostError that names what a person has to correct */
export async function runBackup(file: string, { config, replace = false, ...from }: BackupCommand): Promise<void> {
  const isPiped = file === standardOutput;
  if (!isPiped) checkTarget(file, replace);
  const passphrase = await readPassphrase(from, true);
  setNice(behindGateway);
  const target = isPiped ? {} : { target: file };
  const backup = await makeBackup({ config, passphrase, now: Date.now(), ...target });
  try {
    const bytes = isPiped ? await pipe(backup.stream) : await writeBackup(backup.stream, file, replace);
    const { manifest, files, leftOut } = backup;
    for (const one of leftOut) process.stderr.write(`not in the backup: ${one}\n`);
    const unsent = manifest.outbox?.unsent ?? 0;
    const where = isPiped ? 'standard output' : file;
    process.stderr.write(
      `${where}: gateway ${manifest.gateway}, ${files} files and ${unsent} unsent events, ${(bytes / 1e6).toFixed(1)} MB. Without the passphrase nobody can read it, you included.\n`,
    );
  } finally {
    await backup.end();
  }
}

/**
 * Writes to standard output at the pace of its reader, which may be slow. `node:fs` would not do: it gives up a pipe that
 * stays full for some milliseconds.
 */
async function pipe(stream: ReadableStream<Uint8Array>): Promise<number> {
  let bytes = 0;
  // the write that failed rejects with it
  process.stdout.on('error', () => undefined);
  for await (const chunk of stream) {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
    bytes += chunk.length;
  }
  return bytes;
}

export interface RestoreCommand extends PassphraseOptions {
  readonly data?: string;
  readonly replace?: boolean;
  readonly check?: boolean;
  readonly json?: boolean;
}

/** @throws ForpostError that names what a person has to correct */
export async function runRestore(file: string, folder: string | undefined, options: RestoreCommand): Promise<void> {
  const { check = false, data, replace = false, json = false, ...from } = options;
  if (folder === undefined && !check)
    throw new ForpostError('FORPOST_ARGUMENT_INVALID', 'name the folder to restore into, or say --check');
  const passphrase = await readPassphrase(from, false);
  if (folder === undefined || check) {
    await printContents(file, passphrase);
    return;
  }
  const restored = await restore({
    file,
    passphrase,
    folder,
    replace,
    now: Date.now(),
    ...(data === undefined ? {} : { data }),
  });
  if (json) process.stdout.write(`${JSON.stringify(await summaryOf(restored))}\n`);
  else await printRestored(restored);
}

async function summaryOf(restored: Restored): Promise<StagedRestore> {
  const { manifest, configFile } = restored;
  const { gateway, site, made_at: madeAt, machine, outbox } = manifest;
  const all = [...foreignFiles(restored), ...(await judge(configFile)).problems];
  const more = all.length > mostProblems ? [`${all.length - mostProblems} more problems`] : [];
  const problems = [...all.slice(0, mostProblems).map((one) => one.slice(0, longestProblem)), ...more];
  return { gateway, site, madeAt, machine, unsent: outbox?.unsent ?? 0, configFile: basename(configFile), problems };
}

/** The document and the secrets that the configuration names in another folder, where this box has others there. */
function foreignFiles({ configFile, outside }: Restored): readonly string[] {
  if (outside.length === 0) return [];
  const { site_file: siteFile, secrets_file: secretsFile } = loadInstallation(configFile);
  return outside
    .filter(({ named }) => named === siteFile || named === secretsFile)
    .filter(({ named, now }) => existsSync(named) && !readFileSync(named).equals(readFileSync(now)))
    .map(({ named, now }) => `${named} is that of another gateway: copy ${now} there`);
}

async function printContents(file: string, passphrase: string): Promise<void> {
  const { manifest, sums } = await checkBackup(file, passphrase);
  const { gateway, site, made_at, machine, forpost, outbox } = manifest;
  const lines = [
    `${file} is whole: gateway ${gateway}, site ${site}, of ${made_at}`,
    `made on ${machine} by Forpost ${forpost}, with ${outbox?.unsent ?? 0} unsent events`,
    ...sums.keys(),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function printRestored({ manifest, configFile, dataFolder, outside, aside }: Restored): Promise<void> {
  const { gateway, made_at, machine, outbox } = manifest;
  const lines = [
    `${gateway} is restored from the backup of ${machine} of ${made_at}, with ${outbox?.unsent ?? 0} unsent events.`,
    `  ${configFile}`,
    `  ${dataFolder}`,
    ...aside.map((old) => `What was there before is kept as ${old}.`),
    ...outside.map(({ named, now }) => `The configuration names ${named}: copy ${now} there.`),
  ];
  const { problems } = await judge(configFile);
  if (problems.length > 0) lines.push('', 'To be corrected before a start:', ...problems.map((one) => `  ${one}`));
  lines.push(
    '',
    'Next:',
    '  Switch the old box off: two boxes must not run under one gateway id.',
    `  forpost gateway --config ${configFile}`,
  );
  process.stdout.write(`${lines.join('\n')}\n`);
}
