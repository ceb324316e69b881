/**
 * What Java has prepared of Kafka's classes (application class data sharing, JEP 350), beside the jars: with it a start
 * of a broker takes a little more than half the processor time. A missing one, or another Java's, only makes it slower.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export function classArchive(jars: string): string {
  return join(jars, 'classes.jsa');
}

/** What a Java that runs Kafka is told of the archive; nothing where there is none. */
export function sharedClasses(jars: string): readonly string[] {
  const archive = classArchive(jars);
  return existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`, '-Xlog:disable', '-Xlog:all=error'] : [];
}
