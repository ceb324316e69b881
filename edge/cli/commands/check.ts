/** `forpost check gateway.yaml`: whether the gateway may start with its files. */
import { command } from '@forpost/shared/cli/command.ts';

export const check = command({
  name: 'check',
  summary: 'list the mistakes in a configuration (status 1), and warnings, such as an expired certificate',
  arguments: [{ name: '<file>', summary: 'gateway.yaml, with the two files that it names; or cloud.yaml' }],
  async run(_options, file) {
    const [{ judge }, { warningText }, { isRestorePending }] = await Promise.all([
      import('../../config/judge.ts'),
      import('../../config/conditions.ts'),
      import('../../backup/staged-restore.ts'),
    ]);
    // half of the files may be new: the start takes the others before it reads them
    if (isRestorePending(file)) {
      process.stdout.write('a restored gateway waits: the next start takes it\n');
      return;
    }
    const { problems, warnings, summary } = await judge(file);
    for (const problem of problems) process.stdout.write(`${problem}\n`);
    for (const warning of warnings) process.stdout.write(`warning: ${warningText(warning)}\n`);
    if (problems.length === 0) process.stdout.write(`${summary}\n`);
    else process.stdout.write(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} found\n`);
    process.exitCode = problems.length === 0 ? 0 : 1;
  },
});
