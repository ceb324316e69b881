/**
 * A process that appends to an outbox until it is killed, for the test of just that: it prints the epoch once and
 * then, for each entry, its number only after the outbox has confirmed it.
 */
import { draft, outboxIn } from './test-support.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('which folder?');
const outbox = outboxIn(folder);
await outbox.start();
process.stdout.write(`${outbox.epoch}\n`);
for (let n = 0; ; n += 20) {
  const confirmed = Array.from({ length: 20 }, async (_, i) => {
    await outbox.append({ events: [draft(n + i, { resendId: `id-${n + i}` })] });
    process.stdout.write(`${n + i}\n`);
  });
  await Promise.race(confirmed);
}
