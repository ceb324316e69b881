/** `forpost cloud`: the centre has a command line of its own (cloud/cli/), which forpost.mjs starts. */
import { command } from '@forpost/shared/cli/command.ts';
import { ForpostError } from '@forpost/shared/errors.ts';

export const cloud = command({
  name: 'cloud',
  summary: 'run the centre, or one of its commands (forpost cloud --help)',
  async run() {
    throw new ForpostError(
      'FORPOST_PART_FAILED',
      'start the centre as "forpost cloud": it stands first on the command line',
    );
  },
});
