/** Of loaded.test.ts: a process in which the outbox alone uses SQLite says whether that is still in memory after a stop. */
import { readFileSync, rmSync } from 'node:fs';
import { outboxIn, temporaryFolder } from './test-support.ts';

const folder = temporaryFolder();
const outbox = outboxIn(folder);
await outbox.start();
await outbox.stop();
rmSync(folder, { recursive: true });
console.log(readFileSync('/proc/self/maps', 'utf8').includes('better-sqlite3') ? 'loaded' : 'gone');
