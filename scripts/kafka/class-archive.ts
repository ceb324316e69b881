/**
 * Java's archive of Kafka's classes (application class data sharing, JEP 350), beside the jars. With it a broker needs
 * a little more than half the processor time to start; without it, or with another Java's, the start is only slower.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export function classArchive(jars: string): string {
  return join(jars, 'classes.jsa');
}

/** The Java options that name the archive; none when there is no archive. */
export function sharedClasses(jars: string): readonly string[] {
  const archive = classArchive(jars);
  return existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`, '-Xlog:disable', '-Xlog:all=error'] : [];
}
