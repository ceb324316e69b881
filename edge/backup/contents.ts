/**
 * Finds the files of a gateway that belong into its backup, and the name of each within it.
 *
 *   installation's, site's and secrets file, what stands beside them under their names, keys and certificates ──► config/…,
 *   or outside/… where another folder has them;  the data folder ──► data/…
 *
 * Always: a new file of Forpost's own is in the backup without a line here, because the data folder is walked and only
 * what `left` names stays out. Links are read as what they lead to. Files and depth are bounded; what is too large or has
 * too long a name is returned as left out.
 */
import { readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { backupSuffix, fits, maxEntries } from './format.ts';

export interface Found {
  /** within the backup */
  readonly name: string;
  readonly path: string;
}

export interface Contents {
  readonly files: readonly Found[];
  /** expected files that the backup lacks, with the reason */
  readonly leftOut: readonly string[];
}

export interface Configured {
  readonly configFile: string;
  readonly siteFile: string;
  readonly secretsFile: string;
  readonly dataFolder: string;
  /** the configuration with absolute paths: each text in it that names a file is a key, a certificate or a token */
  readonly values: readonly unknown[];
  /** the file that the backup is written to: it stays out, wherever it stands */
  readonly target?: string | undefined;
}

/** Beside the files: the first entry, the outbox and the list of sums. */
const otherEntries = 3;
/** The files of others that a configuration names are keys and certificates, which are small. */
const maxNamedBytes = 1024 * 1024;
const maxDepth = 8;
/** Not copied from the data folder: rebuilt, too large, or part of another file. The outbox is copied separately. */
const left = [
  /^outbox\.db/,
  /^gateway\.lock/,
  /^backup\./,
  /^instance\.json$/,
  /^evidence(-uploads\.json)?$/,
  /^live$/,
  // a restore from the page: its working folder, and the files that it replaced
  /^restore(\.done)?$/,
  /^before-restore-/,
  /\.damaged/,
  /\.(new|whole|part)$/,
];

/** `most`: files, beside which the other entries still fit */
export function contentsOf(configured: Configured, most = maxEntries - otherEntries): Contents {
  const found = new Map<string, string>();
  const leftOut: string[] = [];
  const target = configured.target === undefined ? undefined : realOf(resolve(configured.target));
  const add = (name: string, path: string) => {
    if (target !== undefined && realOf(path) === target) return;
    if (path.endsWith(backupSuffix)) leftOut.push(`${path}: a backup has no earlier backups`);
    else if (!fits(name)) leftOut.push(`${path}: its name is too long`);
    else if (found.size >= most && !found.has(name)) leftOut.push(`${path}: there are more than ${most} files`);
    else found.set(name, path);
  };
  const { configFile, siteFile, secretsFile, dataFolder } = configured;
  const configFolder = resolve(dirname(configFile));
  const nameOf = (path: string) => nameIn(configFolder, resolve(dataFolder), path);
  for (const file of [configFile, siteFile, secretsFile]) {
    add(nameOf(resolve(file)), resolve(file));
    for (const beside of besides(file)) walk(beside, nameOf(beside), add);
  }
  walk(join(configFolder, 'schemas'), 'config/schemas', add);
  for (const path of namedFiles(configured.values)) {
    const stats = statOf(path);
    if (stats?.isFile() !== true) continue;
    if (stats.size > maxNamedBytes) leftOut.push(`${path}: ${stats.size} bytes are too many for a key or certificate`);
    else add(nameOf(path), path);
  }
  for (const entry of namesIn(dataFolder))
    if (!left.some((pattern) => pattern.test(entry))) walk(join(dataFolder, entry), `data/${entry}`, add);
  return { files: Array.from(found, ([name, path]) => ({ name, path })), leftOut };
}

function nameIn(configFolder: string, dataFolder: string, path: string): string {
  const within = (folder: string) => {
    const rest = relative(folder, path);
    return rest === '' || rest.startsWith('..') || isAbsolute(rest) ? undefined : rest.split(sep).join('/');
  };
  const [inData, inConfig] = [within(dataFolder), within(configFolder)];
  if (inData !== undefined) return `data/${inData}`;
  return inConfig === undefined ? `outside${path.split(sep).join('/')}` : `config/${inConfig}`;
}

/** The entries beside a file that carry its name: site.yaml.before, site.revisions, … */
function besides(file: string): readonly string[] {
  const folder = dirname(resolve(file));
  const name = basename(file);
  const stem = name.replace(/\.ya?ml$/, '');
  return namesIn(folder)
    .filter((one) => one !== name && (one.startsWith(`${stem}.`) || one.startsWith(`${stem}-`)))
    .filter((one) => !/\.(new|whole|part)$/.test(one))
    .map((one) => join(folder, one));
}

/** The absolute paths among all texts of these values. */
function namedFiles(values: readonly unknown[]): readonly string[] {
  const paths = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === 'string') {
      if (isAbsolute(value)) paths.add(value);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  values.forEach(collect);
  return [...paths];
}

function walk(path: string, name: string, add: (name: string, path: string) => void, above: readonly string[] = []) {
  const stats = statOf(path);
  if (stats?.isFile() === true) add(name, path);
  if (stats?.isDirectory() !== true || above.length >= maxDepth) return;
  const real = realpathSync(path);
  // a link to a folder above
  if (above.includes(real)) return;
  for (const entry of namesIn(path)) walk(join(path, entry), `${name}/${entry}`, add, [...above, real]);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
