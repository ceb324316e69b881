/**
 * The reload (SIGHUP): reads the configuration again and applies what can change while the gateway runs: passwords,
 * tokens, trusted keys, certificates.
 *
 *   files checked as at a start ── problems ──► logged, and on the page until the next reload; nothing changes
 *     └── no problem ──► passwords, keys, certificates applied ──► other changes logged: they apply at the next start
 *
 * Always: all files are checked before anything is applied; a connection whose credential is still valid stays open; a
 * connection whose credential has ended is closed.
 */
import type { Logger } from '@forpost/shared/logging.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { SiteActions } from '../alerts/site-actions.ts';
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
  /** gateway.yaml as read at the start, with which the gateway runs */
  readonly installation: Installation;
  /** the site as it is now, with the changes from the page */
  readonly site: () => Site;
  /** runs while the site does not change: a change writes secrets that a reload reads */
  readonly alone: (run: () => Promise<void>) => Promise<void>;
  readonly devices: Pick<DeviceRegistry, 'logIns'>;
  readonly broker: Pick<Broker, 'endInvalid' | 'reload'>;
  readonly console: Pick<ConsoleServer, 'reload'>;
  readonly vision: Pick<VisionSupervisor, 'renew'>;
  readonly uplink: Pick<Uplink, 'renew'>;
  readonly uploads: Pick<EvidenceUpload, 'renew'>;
  readonly conditions: Pick<ConditionWatch, 'renew'>;
  readonly actions: Pick<SiteActions, 'prepare'>;
  readonly users: Pick<ConsoleUsers, 'renew'>;
  readonly commandKeys: Pick<CommandKeys, 'renew' | 'texts'>;
  readonly logger: Logger;
}

export class Reload {
  readonly #parts: ReloadParts;
  #problems: readonly Message[] = [];

  constructor(parts: ReloadParts) {
    this.#parts = parts;
  }

  /** The failed reload as a sentence for the page; empty after a successful one. */
  problems(): readonly Message[] {
    return this.#problems;
  }

  /** Reads and applies the files. Mistakes in the files do not reject. */
  run(): Promise<void> {
    return this.#parts.alone(() => this.#run());
  }

  /** Has the listeners read their certificates again. */
  async certificates(): Promise<void> {
    await Promise.all([this.#parts.broker.reload(), this.#parts.console.reload()]);
  }

  async #run(): Promise<void> {
    const { configFile, logger } = this.#parts;
    const { problems, sentences, loaded } = await judge(configFile);
    if (loaded === undefined) {
      for (const problem of problems) logger.error(problem);
      const reason = sentences[0] ?? '';
      const count = sentences.length - 1;
      this.#problems = [
        count > 0
          ? message('gateway/problem.reload-more', { reason, count })
          : message('gateway/problem.reload-one', { reason }),
      ];
      return;
    }
    this.#problems = [];
    this.#renew(loaded);
    await this.certificates();
    this.#parts.conditions.renew(loaded.conditions);
    logger.info('passwords, keys and certificates were read again');
  }

  #renew({ installation, site, secrets }: Loaded): void {
    const parts = this.#parts;
    parts.users.renew(secrets);
    parts.actions.prepare({ actions: parts.site().actions ?? [], secrets: secrets.actions ?? {} })();
    parts.commandKeys.renew(installation);
    parts.devices.logIns.renew(secrets.mqtt);
    parts.broker.endInvalid((id, credential) => parts.devices.logIns.standing(id, credential));
    parts.vision.renew(secrets.cameras ?? {});
    parts.uplink.renew(secrets.uplink ?? {}, parts.commandKeys.texts());
    parts.uploads.renew(uploadTarget(parts.installation, secrets));
    const others = ({ commands: _, ...rest }: Installation) => JSON.stringify(rest);
    if (others(installation) !== others(parts.installation))
      parts.logger.warn('gateway.yaml has changes that apply only at the next start');
    if (site.revision !== parts.site().revision)
      parts.logger.warn('site.yaml was edited by hand: "forpost site apply" takes it up, or the next start');
  }
}
