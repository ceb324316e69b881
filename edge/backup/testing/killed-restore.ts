/** A process that restores a backup and kills itself at a step, for the test of just that: FILE FOLDER PASSPHRASE STEP [DATA]. */
import { restore } from '../restore.ts';

const [file = '', folder = '', passphrase = '', at = '', data] = process.argv.slice(2);
await restore({
  file,
  folder,
  passphrase,
  now: Date.now(),
  ...(data === undefined ? {} : { data }),
  onStep: (step) => {
    if (step === at) process.kill(process.pid, 'SIGKILL');
  },
});
