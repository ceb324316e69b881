/** For tests: a gateway's folder with a configuration, keys, unsent events and files of the data folder, and its backup. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { init } from '../../cli/init.ts';
import { draft, outboxIn } from '../../outbox/sqlite/testing/test-support.ts';
import { makeBackup } from '../backup.ts';
import { writeBackup } from '../backup-file.ts';

/** scrypt with 2^10 takes a millisecond. */
export const quickFactor = 10;
export const passphrase = 'correct horse battery staple';

/** Three readings and an alert wait in its outbox. @returns the epoch in which they were stored */
export async function makeGateway(folder: string): Promise<string> {
  await init(folder, { gateway: 'gw-1', site: 'home', timezone: 'Europe/Berlin', terminal: true });
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, `${readFileSync(file, 'utf8')}\nname: The old box # a comment stays\n`);
  const data = join(folder, 'data');
  writeFileSync(join(data, 'channel-names.json'), '{"known":[]}', { mode: 0o600 });
  writeFileSync(join(data, 'gateway.lock'), '');
  mkdirSync(join(data, 'models'));
  writeFileSync(join(data, 'models/small.onnx'), Buffer.alloc(70_000, 7));
  mkdirSync(join(data, 'evidence'));
  writeFileSync(join(data, 'evidence/picture.jpg'), 'a picture');
  mkdirSync(join(folder, 'site.revisions'));
  writeFileSync(join(folder, 'site.revisions/1.yaml'), 'the first');
  symlinkSync(join(folder, 'site.revisions'), join(folder, 'site.revisions/again'));
  const outbox = outboxIn(data, { sinks: [] });
  await outbox.start();
  await outbox.append({ events: [draft(1), draft(2), draft(3), draft(4, { lane: 'alerts' })] });
  await outbox.stop();
  return outbox.epoch;
}

export async function backUp(folder: string, to: string): Promise<readonly string[]> {
  const config = join(folder, 'gateway.yaml');
  const backup = await makeBackup({ config, passphrase, now: 1_780_000_000_000, factor: quickFactor });
  try {
    await writeBackup(backup.stream, to, true);
  } finally {
    await backup.end();
  }
  return backup.leftOut;
}
