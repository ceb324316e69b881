/** `forpost prepare`: strips the types of the program's code once, for a gateway that may not write into its folder. */
import { command } from '@forpost/shared/cli/command.ts';
import { ForpostError } from '@forpost/shared/errors.ts';

export const prepare = command({
  name: 'prepare',
  summary: 'prepare the program’s code once, where the gateway itself may not write into the program’s folder',
  async run() {
    const { prepare: prepareCode } = await import('@forpost/shared/stripping/stripped.mjs');
    const { made, problem } = prepareCode();
    if (problem !== undefined)
      throw new ForpostError(
        'FORPOST_PART_FAILED',
        `cannot write the prepared code: ${problem}; run this command as the owner of the program’s folder`,
      );
    process.stdout.write(`${made === 0 ? 'all files are prepared already' : `${made} files prepared`}\n`);
  },
});
