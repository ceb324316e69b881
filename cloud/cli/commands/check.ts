/** `forpost check cloud.yaml`, also `forpost cloud check`: checks whether the centre can start with its file. */
import { command } from '@forpost/shared/cli/command.ts';

export const check = command<{ config?: string }>({
  name: 'check',
  summary:
    'list the problems in cloud.yaml (status 1), and warn of things that do not work now; starts and sends nothing',
  arguments: [{ name: '[file]', summary: 'cloud.yaml (default: cloud.yaml in this folder)' }],
  options: [{ flags: '-c, --config <file>', summary: 'cloud.yaml, instead of the argument' }],
  async run({ config }, file?: string) {
    const { checkCloud } = await import('../../config/check.ts');
    const { problems, warnings, summary } = await checkCloud(file ?? config ?? 'cloud.yaml');
    for (const problem of problems) process.stdout.write(`${problem}\n`);
    for (const warning of warnings) process.stdout.write(`warning: ${warning}\n`);
    const count = problems.length;
    process.stdout.write(count === 0 ? `${summary}\n` : `${count} ${count === 1 ? 'problem' : 'problems'} found\n`);
    process.exit(count === 0 ? 0 : 1);
  },
});
