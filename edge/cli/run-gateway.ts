/** `forpost gateway`: takes a restored gateway that waits, checks the configuration, then runs the gateway in this process. */
import { access } from 'node:fs/promises';
import { systemClock } from '@forpost/shared/clock.ts';
import { configError } from '@forpost/shared/config/yaml.ts';
import { createLogger } from '@forpost/shared/logging.ts';
import { raisePriority } from '@forpost/shared/priority.ts';
import { runUntilSignal } from '@forpost/shared/run.ts';
import { modestThreads } from '@forpost/shared/stripping/start-anew.mjs';
import { adoptRestore } from '../backup/staged-restore.ts';
import { judge } from '../config/judge.ts';
import { Gateway } from '../gateway.ts';

/** Runs until SIGTERM or SIGINT. @throws ForpostError FORPOST_CONFIG_INVALID with the mistakes to correct */
export async function runGateway(configFile: string): Promise<void> {
  const isRestored = await adoptRestore(configFile);
  const { problems, warnings, loaded } = await judge(configFile);
  if (loaded === undefined) throw configError(problems);
  const { installation, site, secrets, conditions: look } = loaded;
  const logger = createLogger('gateway', installation.log_level);
  if (isRestored) logger.warn({ gateway: installation.gateway }, 'this box is now the gateway of a backup');
  modestThreads();
  // Node's thread pool inherits the priority of this thread at its first use. It checks passwords, which can wait: use
  // it once before this thread raises its priority
  await access(configFile);
  // other threads and processes lower their own priority where they can wait
  raisePriority();
  const gateway = new Gateway({
    configFile,
    installation,
    site,
    secrets,
    conditions: { first: warnings, find: look },
    clock: systemClock,
    random: Math.random,
    logger,
  });
  await runUntilSignal(gateway, logger, () => gateway.addresses(), {
    hangS: installation.watchdog?.hang_s,
    reload: () => gateway.reload(),
  });
}
