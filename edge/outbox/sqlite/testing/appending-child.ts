/**
 * For the kill test: a process that appends to an outbox until it is killed. It prints the epoch once, and the number
 * of each entry after the outbox has confirmed the entry.
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
