/** For loaded.test.ts: only the outbox uses SQLite here; prints whether SQLite is still in memory after a stop. */
import { readFileSync, rmSync } from 'node:fs';
import { outboxIn, temporaryFolder } from './test-support.ts';

const folder = temporaryFolder();
const outbox = outboxIn(folder);
await outbox.start();
await outbox.stop();
rmSync(folder, { recursive: true });
console.log(readFileSync('/proc/self/maps', 'utf8').includes('better-sqlite3') ? 'loaded' : 'gone');
