/** `forpost prepare`: strips the types of the installation's code once, for a gateway that may not write there. */
import { command } from '@forpost/shared/cli/command.ts';
import { ForpostError } from '@forpost/shared/errors.ts';

export const prepare = command({
  name: 'prepare',
  summary: 'keep the program’s code ready to run, where the gateway itself may not write to its folder',
  async run() {
    const { prepare: prepareCode } = await import('@forpost/shared/stripping/stripped.mjs');
    const { made, problem } = prepareCode();
    if (problem !== undefined)
      throw new ForpostError(
        'FORPOST_PART_FAILED',
        `the code cannot be kept: ${problem}; run this as the owner of the program’s folder`,
      );
    process.stdout.write(`${made === 0 ? 'everything was ready' : `${made} files made ready`}\n`);
  },
});
