/**
 * Kafka's jars, brought once from Maven Central by pom.xml into a cache folder.
 *
 * Always: a folder with the marker is complete (the jars are gathered beside it and renamed into place), so two
 * processes that do this at the same time cannot spoil each other's, and a second call costs one look at the disk.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findJava, KafkaSetupError, runCommand } from './java.ts';

const pom = fileURLToPath(new URL('pom.xml', import.meta.url));
const marker = 'complete';
const mavenTimeoutMs = 300_000;

/** `.forpost/cache` of this checkout, or $FORPOST_CACHE. */
export const defaultCacheFolder =
  process.env.FORPOST_CACHE ?? fileURLToPath(new URL('../../.forpost/cache', import.meta.url));

/**
 * Makes sure that the jars are there and returns their folder. `progress` gets a line where there is something to
 * wait for. @throws KafkaSetupError
 */
export async function ensureKafka(
  cacheFolder: string = defaultCacheFolder,
  progress: (line: string) => void = () => {},
): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12);
  const folder = join(cacheFolder, `kafka-${version}`);
  if (existsSync(join(folder, marker))) return folder;

  await findJava();
  await mkdir(cacheFolder, { recursive: true });
  const gathering = await mkdtemp(join(cacheFolder, 'kafka-gathering-'));
  try {
    progress('bringing Apache Kafka 4.3 from Maven Central (54 MB, once)');
    // -f with an output folder elsewhere: nothing is written beside pom.xml
    const maven = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${gathering}`];
    const { code, output } = await runCommand('mvn', maven, mavenTimeoutMs);
    if (code === 'ENOENT')
      throw new KafkaSetupError('maven-missing', 'Maven brings Kafka and is not installed: apt-get install maven');
    if (code !== 0)
      throw new KafkaSetupError(
        'download-failed',
        `Maven could not bring Kafka (${code}): ${output.trim().split('\n').slice(0, 3).join(' ')}`,
      );
    await writeFile(join(gathering, marker), `${version}\n`);
    await rename(gathering, folder).catch((error: NodeJS.ErrnoException) => {
      // another process was quicker: its folder is as good as ours
      if (!existsSync(join(folder, marker))) throw error;
    });
  } finally {
    await rm(gathering, { recursive: true, force: true });
  }
  progress('Apache Kafka 4.3 is here');
  return folder;
}
