/** For tests: commands as a centre without Kafka has them, in a folder of the test's own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { Commands, type CommandsOptions } from '../commands.ts';
import { FileCommandLog } from '../file-log.ts';

export interface TestCommands {
  readonly commands: Commands;
  /** as a centre that was killed begins again: nothing is stopped */
  again(): Promise<Commands>;
  remove(): Promise<void>;
}

export async function fileCommands(
  options: Pick<CommandsOptions, 'history' | 'clock'> & Partial<Pick<CommandsOptions, 'onChange'>>,
): Promise<TestCommands> {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-commands-'));
  const clock: Clock = options.clock;
  const begin = async () => {
    const commands = new Commands({
      keyFile: join(folder, 'command-key.pem'),
      log: (onCommand) => new FileCommandLog(join(folder, 'commands.json'), onCommand, clock),
      logger: silentLogger(),
      onChange: () => undefined,
      ...options,
    });
    await commands.start();
    return commands;
  };
  const commands = await begin();
  return {
    commands,
    again: begin,
    async remove() {
      await commands.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
