/**
 * Downloads Kafka's jars once from Maven Central, by pom.xml, into a cache folder.
 *
 * Always: a folder with the marker is complete, because the jars are gathered beside it and renamed into place. Two
 * processes may download at the same time. A second call costs one read of the disk.
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
 * Downloads missing jars and returns their folder. `progress` gets a line before the download. @throws KafkaSetupError
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
    progress('downloading Apache Kafka 4.3 from Maven Central (54 MB, once)');
    // -f with an output folder elsewhere keeps Maven from writing beside pom.xml
    const maven = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${gathering}`];
    const { code, output } = await runCommand('mvn', maven, mavenTimeoutMs);
    if (code === 'ENOENT')
      throw new KafkaSetupError('maven-missing', 'Maven downloads Kafka and is not installed: apt-get install maven');
    if (code !== 0)
      throw new KafkaSetupError(
        'download-failed',
        `Maven could not download Kafka (${code}): ${output.trim().split('\n').slice(0, 3).join(' ')}`,
      );
    await writeFile(join(gathering, marker), `${version}\n`);
    await rename(gathering, folder).catch((error: NodeJS.ErrnoException) => {
      // another process has renamed its folder first: its jars are the same
      if (!existsSync(join(folder, marker))) throw error;
    });
  } finally {
    await rm(gathering, { recursive: true, force: true });
  }
  progress('Apache Kafka 4.3 is downloaded');
  return folder;
}
