/**
 * A command line as a table: each command is a row {name, arguments, options, summary, run}. The program parses by the
 * table, `--help` prints it, and docs/reference/command-line.md is made of it.
 *
 * Always: rows are light: a command's `run` imports what the command needs, so that `forpost --help` loads nothing else. A
 * person's mistake is printed in plain lines and ends with status 1; an unexpected error keeps its stack.
 */
import { Command, Option } from 'commander';
import { explain } from '../run.ts';

export interface CommandArgument {
  /** `<file>`, or `[file]` for an optional argument */
  readonly name: string;
  readonly summary: string;
}

export interface CommandOption {
  /** as `-c, --config <file>`, `--stdin`, `--sink <name...>` */
  readonly flags: string;
  readonly summary: string;
  /** the command refuses to run without it */
  readonly required?: boolean;
  readonly choices?: readonly string[];
  readonly default?: string;
  /** converts the option's text; default: the text itself */
  readonly parse?: (text: string) => unknown;
}

/** One command. `Options`: the options' values, by their names in camel case. */
export interface CommandRow<Options extends object = object> {
  /** one word, or two: a group and its command (`devices list`) */
  readonly name: string;
  readonly summary: string;
  /** runs when the command line names no command */
  readonly isDefault?: boolean;
  readonly arguments?: readonly CommandArgument[];
  readonly options?: readonly CommandOption[];
  /** @throws ForpostError for a mistake that a person can correct */
  run(options: Options, ...args: string[]): Promise<void>;
}

export interface CommandTable {
  /** what people type before the command: `forpost`, `forpost cloud` */
  readonly program: string;
  readonly summary: string;
  /** printed by --version */
  readonly version?: string;
  /** what each group of commands is about, by the group's name */
  readonly groups: Readonly<Record<string, string>>;
  readonly commands: readonly CommandRow[];
}

/** Declares a row with the type of its options. */
export function command<Options extends object = object>(row: CommandRow<Options>): CommandRow {
  return row;
}

/** Runs the command that `words` name (without node and the program's name), and sets the exit status. */
export async function runCommandLine(table: CommandTable, words: readonly string[]): Promise<void> {
  try {
    await programOf(table).parseAsync([...words], { from: 'user' });
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  }
}

/** The parser of a table. */
export function programOf({ program: name, summary, version, groups, commands }: CommandTable): Command {
  const program = new Command(name)
    .description(summary)
    .showSuggestionAfterError()
    .showHelpAfterError(`(${name} --help lists the commands)`)
    .configureHelp({ sortSubcommands: false });
  if (version !== undefined) program.version(version, '-V, --version', 'print the version');
  const made = new Map<string, Command>();
  for (const row of commands) {
    const [first = '', second] = row.name.split(' ');
    if (second === undefined) addCommand(program, first, row);
    else {
      const group = made.get(first) ?? program.command(first).description(groups[first] ?? '');
      made.set(first, group);
      addCommand(group, second, row);
    }
  }
  return program;
}

function addCommand(parent: Command, name: string, row: CommandRow): void {
  const added = parent.command(name, { isDefault: row.isDefault ?? false }).description(row.summary);
  for (const argument of row.arguments ?? []) added.argument(argument.name, argument.summary);
  for (const option of row.options ?? []) added.addOption(optionOf(option));
  const { length } = row.arguments ?? [];
  added.action(async (...given: unknown[]) => {
    // commander passes the arguments, then the options, then itself
    const args = given.slice(0, length) as string[];
    await row.run(given[length] as object, ...args);
  });
}

function optionOf({ flags, summary, required, choices, default: otherwise, parse }: CommandOption): Option {
  const option = new Option(flags, summary).makeOptionMandatory(required ?? false);
  if (choices !== undefined) option.choices(choices);
  if (otherwise !== undefined) option.default(otherwise);
  if (parse !== undefined) option.argParser((text) => parse(text));
  return option;
}
