/** `forpost cloud`, for the help only: forpost.mjs starts the centre's own command line (cloud/cli/) instead of this one. */
import { command } from '@forpost/shared/cli/command.ts';
import { ForpostError } from '@forpost/shared/errors.ts';

export const cloud = command({
  name: 'cloud',
  summary: 'run the centre, or one of its commands (forpost cloud --help)',
  async run() {
    throw new ForpostError(
      'FORPOST_PART_FAILED',
      '"cloud" must be the first word on the command line: forpost cloud …',
    );
  },
});
