import { afterEach, describe, expect, test, vi } from 'vitest';
import { type CommandTable, command, programOf } from './command.ts';

const ran: unknown[] = [];
const row = (name: string, more: object = {}) =>
  command({
    name,
    summary: `does ${name}`,
    async run(options, ...args) {
      ran.push([name, options, ...args]);
    },
    ...more,
  });
const table: CommandTable = {
  program: 'forpost',
  summary: 'a gateway',
  groups: { devices: 'the devices' },
  commands: [
    row('run', { isDefault: true, options: [{ flags: '-c, --config <file>', summary: 'a file', required: true }] }),
    row('devices password', {
      arguments: [{ name: '<id>', summary: 'id' }],
      options: [{ flags: '--size <pixels>', summary: 'size', parse: Number }],
    }),
    row('check', { arguments: [{ name: '[file]', summary: 'file' }] }),
    row('role', { options: [{ flags: '--role <role>', summary: 'role', choices: ['a', 'b'], default: 'a' }] }),
  ],
};

afterEach(() => {
  ran.length = 0;
  vi.restoreAllMocks();
});

describe('a table of commands', () => {
  test.each([
    [
      ['devices', 'password', 'meter', '--size', '64'],
      ['devices password', { size: 64 }, 'meter'],
    ],
    [
      ['--config', 'a.yaml'],
      ['run', { config: 'a.yaml' }],
    ],
    [
      ['run', '-c', 'a.yaml'],
      ['run', { config: 'a.yaml' }],
    ],
    [['check'], ['check', {}, undefined]],
    [['role'], ['role', { role: 'a' }]],
  ])('runs the command that %j names, with its arguments and options', async (words, expected) => {
    await programOf(table).parseAsync(words, { from: 'user' });
    expect(ran).toEqual([expected]);
  });

  test.each([
    [['role', '--role', 'c'], 'Allowed choices are a, b'],
    [['run'], "required option '-c, --config <file>' not specified"],
    [['devices', 'pasword', 'x'], 'Did you mean password?'],
  ])('a wrong command line %j is reported with the mistake', async (words, expected) => {
    let said = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
    vi.spyOn(process, 'exit').mockImplementation((status) => {
      throw new Error(`exit ${status}`);
    });
    await expect(programOf(table).parseAsync(words, { from: 'user' })).rejects.toThrow('exit 1');
    expect(said).toContain(expected);
    expect(ran).toEqual([]);
  });

  test('the help says what each command and each group does', () => {
    const help = programOf(table).helpInformation();
    for (const text of ['a gateway', 'does check', 'the devices']) expect(help).toContain(text);
  });
});
