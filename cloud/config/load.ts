/**
 * The centre's file, checked and made ready to use: paths are resolved from the file's own folder, so that the centre
 * may be started from anywhere.
 *
 * Always: everything that is wrong is said at once, each with FILE:LINE:COLUMN; nothing starts from a file with a
 * mistake in it.
 */
import { dirname, resolve } from 'node:path';
import type { Problem } from '@forpost/shared/config/explain.ts';
import { suggestion } from '@forpost/shared/config/nearest.ts';
import { configError, loadYaml } from '@forpost/shared/config/yaml.ts';
import { type CloudConfig, cloudSchema } from './config.ts';

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** The configuration in `file`, with absolute paths. @throws ForpostError FORPOST_CONFIG_INVALID, one line a problem */
export function loadCloud(file: string): CloudConfig {
  const { value, describe } = loadYaml(file, cloudSchema);
  const problems = [...addressProblems(value), ...channelProblems(value), ...levelProblems(value)];
  if (problems.length > 0) throw configError(problems.map((problem) => describe(problem)));
  return { ...value, data: resolve(dirname(file), value.data) };
}

function addressProblems({ history, notify = [] }: CloudConfig): Problem[] {
  const problems: Problem[] = [];
  const check = (path: readonly (string | number)[], text: string) => {
    if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return;
    problems.push({ path, message: `"${text}" is not an address such as http://host:8123/database` });
  };
  if (history?.url !== undefined) check(['history', 'url'], history.url);
  for (const [index, { url }] of notify.entries()) check(['notify', index, 'url'], url);
  return problems;
}

function channelProblems({ notify = [] }: CloudConfig): Problem[] {
  return notify.flatMap(({ id }, index) => {
    const first = notify.findIndex((other) => other.id === id);
    return first < index ? [{ path: ['notify', index, 'id'], message: `the channel "${id}" is there twice` }] : [];
  });
}

function levelProblems({ log_level: level }: CloudConfig): Problem[] {
  if (level === undefined || logLevels.includes(level)) return [];
  return [{ path: ['log_level'], message: `"${level}" is not a log level${suggestion(level, logLevels)}` }];
}
