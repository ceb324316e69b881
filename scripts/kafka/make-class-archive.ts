/**
 * Makes the archive of Kafka's classes by one run of a broker; pays off where many brokers start.
 *
 * Always: the archive is made beside its place, opened once, and renamed, so that no broker reads half of it.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classArchive } from './class-archive.ts';
import { ensureKafka } from './download.ts';
import { findJava, runCommand } from './java.ts';
import { startKafka } from './kafka.ts';

const tryMs = 20_000;

/** Makes a missing archive by one run of a broker. @throws KafkaSetupError when no broker can run */
export async function makeClassArchive(cacheFolder?: string): Promise<void> {
  const jars = await ensureKafka(cacheFolder);
  const archive = classArchive(jars);
  if (existsSync(archive)) return;
  const dataFolder = await mkdtemp(join(tmpdir(), 'forpost-kafka-classes-'));
  const making = `${archive}.${process.pid}`;
  try {
    const jvm = [`-XX:ArchiveClassesAtExit=${making}`];
    const kafka = await startKafka({ dataFolder, port: 0, jvm, ...(cacheFolder === undefined ? {} : { cacheFolder }) });
    await kafka.stop();
    // Java does not open an incomplete archive
    const looked = ['-Xshare:on', '-XX:+VerifySharedSpaces', `-XX:SharedArchiveFile=${making}`, '-cp', join(jars, '*')];
    const { code } = await runCommand(await findJava(), [...looked, '-version'], tryMs);
    if (code === 0) await rename(making, archive);
  } finally {
    await rm(making, { force: true });
    await rm(dataFolder, { recursive: true, force: true });
  }
}
