/**
 * Checks that commands in documents exist, with their options: `forpost` commands against the real command line. Runs the
 * first steps of the README.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programOf } from '@forpost/shared/cli/command.ts';
import type { Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { centreCommands } from '../../cloud/cli/commands.ts';
import { gatewayCommands } from '../../edge/cli/commands.ts';
import manifest from '../../package.json' with { type: 'json' };
import { parseOptions } from '../../scripts/demo/options.ts';
import { root } from '../harness/root.ts';
import { documents, isPlace, type Located } from './documents.ts';

interface Shown {
  readonly place: string;
  readonly words: readonly string[];
  /** stands in a code block, where readers copy whole lines */
  readonly whole: boolean;
}

const shown = documents.flatMap(({ path, words, blocks }) => [
  ...words.flatMap((word) => commandsOf(path, word, false)),
  ...blocks
    .filter(({ language }) => language === '' || language === 'sh')
    .flatMap((block) =>
      block.text.split('\n').flatMap((text, index) => commandsOf(path, { text, line: block.line + index }, true)),
    ),
]);

/** The commands in a line, without prefixes (`sudo`, `npx`, an environment) and comments. */
function commandsOf(path: string, { text, line }: Located, whole: boolean): readonly Shown[] {
  return text
    .replace(/\s#.*$/, '')
    .split(' && ')
    .map((command) => command.trim().replace(/^((sudo|npx|[A-Z_]+=\S+)\s+)+/, ''))
    .filter((command) => /^(forpost|npm|vitest|node) /.test(command))
    .map((command) => ({ place: `${path}:${line}: ${command}`, words: command.split(/\s+/), whole }));
}

const of = (program: string) => shown.filter(({ words }) => words[0] === program);

/** The parsers that run the commands. */
const programs = { edge: programOf(gatewayCommands), cloud: programOf(centreCommands) };

test('every forpost command in a document exists, with its options', () => {
  expect(of('forpost').length).toBeGreaterThan(20);
  expect(of('forpost').flatMap(problemsOfForpost)).toEqual([]);
});

function problemsOfForpost({ place, words, whole }: Shown): readonly string[] {
  const isCloud = words[1] === 'cloud';
  const program = isCloud ? programs.cloud : programs.edge;
  return alternatives(words.slice(isCloud ? 2 : 1)).flatMap((given) => problemsOf(program, given, whole, place));
}

/** Splits `user add|remove` into two commands. */
function alternatives(words: readonly string[]): readonly (readonly string[])[] {
  const [first, ...rest] = words;
  if (first === undefined) return [[]];
  return first.split('|').flatMap((one) => alternatives(rest).map((others) => [one, ...others]));
}

function problemsOf(from: Command, given: readonly string[], whole: boolean, place: string): readonly string[] {
  const [name, ...rest] = given;
  const inner = from.commands.find((command) => command.name() === name || command.aliases().includes(name ?? ''));
  if (inner !== undefined) return problemsOf(inner, rest, whole, place);
  const command = defaultOf(from, given);
  if (command.commands.length > 0 && name !== undefined && !name.startsWith('-') && name !== 'help')
    return [`${place}: there is no "${name}" of ${command.name()}`];
  const options = given.filter((word) => word.startsWith('-') && word !== '--help');
  const unknown = options.filter((word) => !command.options.some((option) => isCalled(option, word)));
  const missing = whole
    ? command.options.filter((option) => option.mandatory && !options.some((word) => isCalled(option, word)))
    : [];
  const lacks =
    command.registeredArguments.filter(({ required }) => required).length > argumentsIn(command, given).length;
  return [
    ...(whole && lacks ? [`${place}: an argument of ${command.name()} is missing`] : []),
    ...unknown.map((word) => `${place}: ${command.name()} has no option ${word}`),
    ...missing.map((option) => `${place}: ${command.name()} cannot do without ${option.flags}`),
  ];
}

/** The words that are neither options nor values of options. */
function argumentsIn(command: Command, given: readonly string[]): readonly string[] {
  return given.filter((word, index) => {
    const before = command.options.find((option) => isCalled(option, given[index - 1] ?? ''));
    return !word.startsWith('-') && before?.required !== true;
  });
}

const isCalled = ({ long, short }: Option, word: string) => word === long || word === short;

/** `forpost cloud --config FILE` runs the centre without naming a command. */
function defaultOf(command: Command, given: readonly string[]): Command {
  const isBare = given.length === 0 || (given[0]?.startsWith('-') === true && given[0] !== '--help');
  return (isBare && command.commands.find((inner) => inner.name() === 'run')) || command;
}

test('every npm script in a document exists', () => {
  const known = new Set(['start', 'test', 'ci', 'install', 'rebuild', ...Object.keys(manifest.scripts)]);
  const unknown = of('npm').filter(({ words }) => {
    const [name, next] = words.slice(1).filter((word) => !/^-(s|D)$/.test(word));
    return !known.has((name === 'run' ? next : name) ?? '') || (name === 'run' && !(next ?? '').length);
  });
  expect(unknown.map(({ place }) => place)).toEqual([]);
});

test('every option of the demo, a benchmark or a fault run in a document exists', async () => {
  const bench = await readFile(join(root, 'test/bench/main.ts'), 'utf8');
  const faults = await readFile(join(root, 'test/faults/main.ts'), 'utf8');
  const tables = { bench: [...optionsIn(bench), ...benchesIn(bench)], faults: optionsIn(faults) };
  expect(Object.values(tables).every((known) => known.length > 5)).toBe(true);
  const problems = of('npm').flatMap(({ place, words }) => {
    const given = words.includes('--') ? words.slice(words.indexOf('--') + 1) : [];
    const script = words.find((word) => ['start', 'bench', 'faults'].includes(word));
    if (script === 'start') return problemsOfDemo(given).map((problem) => `${place}: ${problem}`);
    if (script !== 'bench' && script !== 'faults') return [];
    const known: readonly string[] = tables[script];
    return given
      .filter((word) => word.startsWith('--') || (script === 'bench' && /^[a-z]+(-[a-z]+)*$/.test(word)))
      .filter((word) => !known.includes(word))
      .map((word) => `${place}: there is no ${word}`);
  });
  expect(problems).toEqual([]);
});

/** The options in a source's `parseArgs`. */
const optionsIn = (source: string) =>
  [...source.matchAll(/^\s+'?([a-z-]+)'?: \{ type: '(?:string|boolean)'/gm)].map(([, name]) => `--${name}`);
const benchesIn = (source: string) =>
  [...source.matchAll(/^ {2}'?([a-z-]+)'?: async \(/gm)].map(([, name]) => `${name}`);

function problemsOfDemo(given: readonly string[]): readonly string[] {
  const args = given
    .filter((word) => word !== '--help' && word !== 'OPTIONS')
    .map((word) => (word === 'N' ? '30' : word));
  try {
    parseOptions(args, {});
    return [];
  } catch (error) {
    return [String(error)];
  }
}

test('every test file or script that a document tells its reader to run exists', () => {
  const files = [...of('vitest'), ...of('node')].flatMap(({ place, words }) =>
    words.filter((word) => /^[\w.-]+\/[\w./-]+\.(ts|mjs)$/.test(word)).map((file) => ({ place, file })),
  );
  expect(files.filter(({ file }) => !isPlace(file)).map(({ place }) => place)).toEqual([]);
});

test('the first steps of the README work in an empty folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-readme-'));
  try {
    const steps = of('forpost').filter(({ place, whole }) => whole && place.startsWith('README.md:'));
    const run = steps.filter(({ words }) => words[1] === 'init' || words[1] === 'check');
    expect(run.map(({ words }) => words[1])).toEqual(['init', 'check']);
    for (const { words } of run) {
      const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'forpost.mjs'), ...words.slice(1)], {
        cwd: folder,
      });
      expect(stdout).not.toBe('');
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
