/** The input of a gateway: its configuration, and the clock, randomness and logger of its process. */
import type { Clock } from '@forpost/shared/clock.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Warning } from '../config/conditions.ts';
import type { Installation } from '../config/installation.ts';
import type { Secrets } from '../site/secrets.ts';
import type { Site } from '../site/site.ts';

export interface GatewayOptions {
  /** gateway.yaml, read again at a reload */
  readonly configFile: string;
  readonly installation: Installation;
  readonly site: Site;
  readonly secrets: Secrets;
  /** warnings about the gateway's surroundings (certificates, models, disks): those at the start, and a function for later */
  readonly conditions: { readonly first: readonly Warning[]; readonly find: () => readonly Warning[] };
  readonly clock: Clock;
  /** uniform in [0, 1) */
  readonly random: () => number;
  readonly logger: Logger;
}

/** The logger of one part. */
export function loggerOf({ logger }: Pick<GatewayOptions, 'logger'>, part: string): Logger {
  return logger.child({ part });
}
