/** The page of the command line, from the tables that parse the commands. */
import type { CommandRow, CommandTable } from '@forpost/shared/cli/command.ts';
import { centreCommands } from '../../cloud/cli/commands.ts';
import { gatewayCommands } from '../../edge/cli/commands.ts';
import { code, madeBy, sentence, table, words } from './markdown.ts';

export function commandLinePage(): string {
  return `# Command line
${madeBy}

In a clone, \`forpost\` is \`npx forpost\`. A command that fails prints what happened and what to do, and ends with status 1. \`--help\` behind any command prints what stands here.

${[gatewayCommands, centreCommands].map(section).join('\n\n')}
`;
}

function section(commandTable: CommandTable): string {
  const overview = commandTable.commands.map(({ name, summary }) => [
    `[${code(`${commandTable.program} ${name}`)}](#${anchor(commandTable, name)})`,
    words(summary),
  ]);
  return [
    `## ${commandTable.program}`,
    sentence(words(commandTable.summary)),
    table(['command', 'what it does'], overview),
    ...commandTable.commands.map((row) => command(commandTable, row)),
  ].join('\n\n');
}

function anchor({ program }: CommandTable, name: string): string {
  return `${program} ${name}`.replaceAll(' ', '-');
}

function command({ program }: CommandTable, row: CommandRow): string {
  const { name, summary, isDefault, arguments: args = [], options = [] } = row;
  const required = options.filter((option) => option.required).map(({ flags }) => longFlag(flags));
  const usage = [program, ...(isDefault ? [`[${name}]`] : [name]), ...args.map((arg) => arg.name), ...required];
  const more = options.some((option) => !option.required) ? ' [options]' : '';
  const rows = [
    ...args.map((arg) => [code(arg.name), words(arg.summary)]),
    ...options.map((option) => [code(option.flags), words(optionWords(option))]),
  ];
  return [
    `### ${program} ${name}`,
    sentence(words(summary)),
    `\`\`\`text\n${usage.join(' ')}${more}\n\`\`\``,
    ...(rows.length === 0 ? [] : [table(['argument or option', 'meaning'], rows)]),
  ].join('\n\n');
}

function optionWords({
  summary,
  required,
  choices,
  default: otherwise,
}: NonNullable<CommandRow['options']>[number]): string {
  const more = [
    ...(required === true ? ['required'] : []),
    ...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]),
    ...(otherwise === undefined ? [] : [`default: ${otherwise}`]),
  ];
  return more.length === 0 ? summary : `${summary} (${more.join('; ')})`;
}

/** `-c, --config <file>` -> `--config <file>` */
function longFlag(flags: string): string {
  return flags.replace(/^-\w, /, '');
}
