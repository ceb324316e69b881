/**
 * `forpost init FOLDER`: writes a configuration with which a gateway starts unchanged. All other keys are in it as
 * comments, for the installer to uncomment.
 *
 * Always: existing files are not changed; the page's password is printed at a terminal, or else written into a file that
 * only its owner can read; the three files pass `forpost check`.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ForpostError } from '@forpost/shared/errors.ts';
import { idPattern } from '@forpost/shared/event/ids.ts';
import { createFile, replaceFile } from '@forpost/shared/files.ts';
import { hashPassword, randomPassword } from '@forpost/shared/password.ts';
import { stringify } from 'yaml';
import { jsonSchemas } from '../config/schemas.ts';

export interface InitOptions {
  /** id of the gateway; default: a random one, unique within a centre */
  readonly gateway?: string;
  /** id of the site; default: the folder's name */
  readonly site?: string;
  /** IANA name of the site's time zone; default: this machine's */
  readonly timezone?: string;
  /** whether the lines are printed on a terminal */
  readonly terminal: boolean;
}

const user = 'installer';
const names = ['gateway.yaml', 'site.yaml', 'secrets.yaml'] as const;
const passwordFile = 'first-log-in.txt';
const onlyMine = 0o600;
const anybodyReads = 0o644;

/** Writes the files and returns the lines to print. @throws ForpostError FORPOST_ARGUMENT_INVALID where a file exists */
export async function init(folder: string, options: InitOptions): Promise<readonly string[]> {
  const taken = [...names, passwordFile].filter((name) => existsSync(join(folder, name)));
  if (taken.length > 0)
    throw new ForpostError(
      'FORPOST_ARGUMENT_INVALID',
      `${folder} has ${taken.join(', ')} already: nothing was changed`,
    );
  const title = basename(resolve(folder));
  const values = {
    GATEWAY: checkedId('--gateway', options.gateway ?? `gw-${randomBytes(4).toString('hex')}`),
    SITE: checkedId('--site', options.site ?? idFrom(title)),
    NAME: JSON.stringify(title),
    ZONE: checkedZone(options.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone),
  };
  const password = randomPassword();
  const secrets = { mqtt: {}, console: { [user]: await hashPassword(password) } };
  await mkdir(join(folder, 'data'), { recursive: true, mode: 0o700 });
  const editor = '# yaml-language-server: $schema=schemas/secrets.json';
  await make(join(folder, 'secrets.yaml'), `${editor}\n# Passwords, as hashes.\n${stringify(secrets)}`, onlyMine);
  for (const name of ['site.yaml', 'gateway.yaml']) await make(join(folder, name), await fromTemplate(name, values));
  await writeSchemas(join(folder, 'schemas'));
  const logIn = `${user} / ${password}`;
  if (!options.terminal) await make(join(folder, passwordFile), `${logIn}\n`, onlyMine);
  const gatewayFile = join(folder, 'gateway.yaml');
  return [
    `${folder} is ready:`,
    '  gateway.yaml    this box: ports, paths, uplink',
    '  site.yaml       devices, cameras, zones, rules',
    '  secrets.yaml    passwords, readable for you only',
    '  schemas/        JSON Schemas by which an editor checks and completes these files',
    '',
    options.terminal
      ? `The page's log-in, shown only now: ${logIn}`
      : `The page's log-in stands in ${join(folder, passwordFile)}: delete it once you know it.`,
    '',
    'Next:',
    `  forpost check ${gatewayFile}`,
    `  forpost gateway --config ${gatewayFile}    and open http://127.0.0.1:8080`,
  ];
}

/** Writes the schemas that the first line of each file names. After an update, `forpost schema NAME` prints a newer one. */
async function writeSchemas(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, schema] of Object.entries(jsonSchemas()))
    await replaceFile(join(folder, `${name}.json`), `${JSON.stringify(schema, null, 2)}\n`, { mode: anybodyReads });
}

async function fromTemplate(name: string, values: Readonly<Record<string, string>>): Promise<string> {
  const template = await readFile(new URL(`init/${name}`, import.meta.url), 'utf8');
  return template.replace(/\b(GATEWAY|SITE|NAME|ZONE)\b/g, (word) => values[word] ?? word);
}

/** Writes a new file; a file that another program made meanwhile is not overwritten. */
async function make(file: string, text: string, mode?: number): Promise<void> {
  const made = await createFile(file, text, mode === undefined ? {} : { mode });
  if (!made)
    throw new ForpostError(
      'FORPOST_ARGUMENT_INVALID',
      `${file} appeared while forpost init was running: it was not overwritten`,
    );
}

/** "Haus am See, Süd" -> "haus-am-see-sud"; a name without any such letter -> "site". */
function idFrom(title: string): string {
  const plain = title
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase();
  return (
    plain
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 64) || 'site'
  );
}

function checkedId(option: string, id: string): string {
  if (idPattern.test(id)) return id;
  throw new ForpostError('FORPOST_ARGUMENT_INVALID', `${option}: "${id}" is not an id: use 1 to 64 of a-z, 0-9 and -`);
}

function checkedZone(zone: string): string {
  try {
    // the name is kept as written, because a canonical name may differ: some ICU has Asia/Katmandu for Asia/Kathmandu
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    throw new ForpostError(
      'FORPOST_ARGUMENT_INVALID',
      `--timezone: there is no time zone "${zone}": use a name such as Europe/Berlin`,
    );
  }
}
