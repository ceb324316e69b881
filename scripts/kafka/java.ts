/**
 * Finds the programs for Kafka: Java 17 or newer runs it, Maven downloads its jars once. An error names the missing
 * program and the command that installs it, with a stable `reason` for callers that go on without Kafka.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';

export type KafkaProblem =
  | 'java-missing'
  | 'java-too-old'
  | 'maven-missing'
  | 'download-failed'
  | 'port-taken'
  | 'start-failed';

export class KafkaSetupError extends Error {
  readonly reason: KafkaProblem;

  constructor(reason: KafkaProblem, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'KafkaSetupError';
    this.reason = reason;
  }
}

export const oldestJava = 17;

interface Ran {
  readonly code: number | string;
  readonly output: string;
}

/** Runs a command to its end. `code`: its exit status, or the system's error when it cannot run (ENOENT). */
export function runCommand(command: string, args: readonly string[], timeoutMs: number): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      command,
      [...args],
      { timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : (error.code ?? (error.killed === true ? 'ETIMEDOUT' : 1));
        resolve({ code, output: `${stdout}${stderr}` });
      },
    );
  });
}

/** The java command. @throws KafkaSetupError java-missing, java-too-old */
export async function findJava(): Promise<string> {
  const java = process.env.JAVA_HOME === undefined ? 'java' : join(process.env.JAVA_HOME, 'bin', 'java');
  const { code, output } = await runCommand(java, ['-version'], 20_000);
  if (code !== 0)
    throw new KafkaSetupError(
      'java-missing',
      `Kafka needs Java ${oldestJava} or newer, and "${java}" cannot be run (${code}): apt-get install openjdk-17-jre-headless`,
    );
  const major = javaMajor(output);
  if (major === undefined || major < oldestJava)
    throw new KafkaSetupError(
      'java-too-old',
      `Kafka needs Java ${oldestJava} or newer; this is ${major === undefined ? 'an unknown version' : `Java ${major}`}: apt-get install openjdk-17-jre-headless`,
    );
  return java;
}

/** Major version from what `java -version` prints: 17 from "17.0.15", 8 from "1.8.0_292". */
export function javaMajor(output: string): number | undefined {
  const found = /version "(?:1\.)?(\d+)/.exec(output)?.[1];
  return found === undefined ? undefined : Number(found);
}
