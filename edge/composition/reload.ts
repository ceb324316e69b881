/**
 * The reload (SIGHUP): reads the configuration again and applies what can change while the gateway runs: passwords,
 * tokens, trusted keys, certificates.
 *
 *   judged as at a start ── problems ──► log, and page until the next reload; nothing changes
 *     └── no problem ──► passwords, keys, certificates count ──► other differences are logged: they count at the next start
 *
 * Always: everything is judged before anything counts; a connection whose log-in did not change goes on undisturbed; a
 * connection whose password changed ends.
 */
import type { Logger } from '@forpost/shared/logging.ts';
import type { Broker } from '../broker/broker.ts';
import type { CommandKeys } from '../commands/trusted-keys.ts';
import type { ConditionWatch } from '../config/condition-watch.ts';
import type { Installation } from '../config/installation.ts';
import { judge, type Loaded } from '../config/judge.ts';
import type { ConsoleServer } from '../console/server.ts';
import type { ConsoleUsers } from '../console/users.ts';
import type { DeviceRegistry } from '../devices/registry.ts';
import type { EvidenceUpload } from '../evidence/upload.ts';
import { uploadTarget } from '../evidence/upload-target.ts';
import type { Site } from '../site/site.ts';
import type { Uplink } from '../uplink/uplink.ts';
import type { VisionSupervisor } from '../vision/supervisor.ts';

export interface ReloadParts {
  readonly configFile: string;
  /** as it was at the start: the gateway goes on with it */
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
  readonly users: Pick<ConsoleUsers, 'renew'>;
  readonly commandKeys: Pick<CommandKeys, 'renew' | 'texts'>;
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

  /** Never rejects for the content of the files. */
  async run(): Promise<void> {
    const { configFile, logger, broker, console: page } = this.#parts;
    const { problems, loaded } = await judge(configFile);
    if (loaded === undefined) {
      for (const problem of problems) logger.error(problem);
      this.#problems = [
        `the configuration cannot be read again, and the one read before goes on: ${problems[0] ?? ''}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`,
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
    parts.users.renew(secrets);
    parts.commandKeys.renew(installation);
    for (const id of parts.devices.renew(secrets)) parts.broker.disconnect(id);
    parts.vision.renew(secrets.cameras ?? {});
    parts.uplink.renew(secrets.uplink ?? {}, parts.commandKeys.texts());
    parts.uploads.renew(uploadTarget(parts.installation, secrets));
    const others = ({ commands: _, ...rest }: Installation) => JSON.stringify(rest);
    if (others(installation) !== others(parts.installation))
      parts.logger.warn('gateway.yaml has changes that need a restart: they count at the next start');
    if (site.revision !== parts.site().revision)
      parts.logger.warn('site.yaml has changed: it counts at the next start');
  }
}
