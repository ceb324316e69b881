/**
 * What SIGHUP does: the configuration is judged as at a start, and what can change while the gateway runs counts from
 * then on: passwords and tokens of all kinds, trusted keys, certificates.
 *
 *   judged ── problems ──► told, in the log and on the page until the next reload; nothing changes
 *     └── right ──► passwords, keys, certificates ──► what else differs is told: it counts at the next start
 *
 * Always: all of it is judged before any of it counts; who is connected with what did not change does not notice; a
 * connection that a changed password had opened ends.
 */
import type { Logger } from '@forpost/shared/logging.ts';
import type { Broker } from '../broker/broker.ts';
import { trustedKeys } from '../commands/trusted-keys.ts';
import type { ConsoleServer } from '../console/server.ts';
import type { DeviceRegistry } from '../devices/registry.ts';
import type { EvidenceUpload } from '../evidence/upload.ts';
import { uploadTarget } from '../evidence/upload-target.ts';
import type { ConditionWatch } from '../health/condition-watch.ts';
import type { Secrets, Site } from '../site/site.ts';
import type { Uplink } from '../uplink/uplink.ts';
import type { VisionSupervisor } from '../vision/supervisor.ts';
import type { Installation } from './installation.ts';
import { judge, type Loaded } from './judge.ts';

export interface ReloadParts {
  readonly configFile: string;
  /** with which the gateway began, and which it goes on with */
  readonly installation: Installation;
  /** as it is now */
  readonly site: () => Site;
  readonly devices: Pick<DeviceRegistry, 'renew'>;
  readonly broker: Pick<Broker, 'disconnect' | 'reload'>;
  readonly console: Pick<ConsoleServer, 'reload'>;
  readonly vision: Pick<VisionSupervisor, 'renew'>;
  readonly uplink: Pick<Uplink, 'renew'>;
  readonly uploads: Pick<EvidenceUpload, 'renew'>;
  readonly conditions: Pick<ConditionWatch, 'renew'>;
  /** the page's log-ins and whose commands are taken */
  readonly renewed: (secrets: Secrets, keyIds: readonly string[]) => void;
  readonly logger: Logger;
}

export class Reload {
  readonly #parts: ReloadParts;
  #problems: readonly string[] = [];

  constructor(parts: ReloadParts) {
    this.#parts = parts;
  }

  /** For the page. */
  problems(): readonly string[] {
    return this.#problems;
  }

  /** Never rejects because of what stands in the files. */
  async run(): Promise<void> {
    const { configFile, logger, broker, console: page } = this.#parts;
    const { problems, loaded } = await judge(configFile);
    if (loaded === undefined) {
      for (const problem of problems) logger.error(problem);
      this.#problems = [
        `the configuration cannot be read again, and what was read before goes on: ${problems[0] ?? ''}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`,
      ];
      return;
    }
    this.#problems = [];
    this.#renew(loaded);
    await Promise.all([broker.reload(), page.reload()]);
    this.#parts.conditions.renew(loaded.conditions);
    logger.info('passwords, keys and certificates were read again');
  }

  #renew({ installation, site, secrets }: Loaded): void {
    const parts = this.#parts;
    const { keys } = trustedKeys(installation);
    parts.renewed(
      secrets,
      keys.map(({ id }) => id),
    );
    for (const id of parts.devices.renew(secrets)) parts.broker.disconnect(id);
    parts.vision.renew(secrets.cameras ?? {});
    const texts = keys.map(({ text }) => text);
    parts.uplink.renew(secrets.uplink ?? {}, texts);
    parts.uploads.renew(uploadTarget(parts.installation, secrets));
    const others = ({ commands: _, ...rest }: Installation) => JSON.stringify(rest);
    if (others(installation) !== others(parts.installation))
      parts.logger.warn('gateway.yaml has changes that need a restart: they count at the next start');
    if (site.revision !== parts.site().revision)
      parts.logger.warn('site.yaml has changed: it counts at the next start');
  }
}
