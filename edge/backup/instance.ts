/**
 * Tells which box is the gateway: each restore makes an instance, and writes it into the new data folder. The gateway
 * names it in each status and to each sink, so that the centre can tell the restored box from the replaced one.
 *
 * Always: a gateway that was never restored has no file. A file that cannot be read counts as none, with a warning: the
 * centre then takes the box for the one that was replaced.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@forpost/shared/errors.ts';
import type { GatewayData } from '@forpost/shared/event/event.ts';
import type { Epoch } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { replaceFile } from '@forpost/shared/files.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

export const instanceFileName = 'instance.json';

const schema = Type.Object({
  /** 16 hex digits, made by the restore */
  instance: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  /** RFC 3339 by the clock of this machine */
  restored_at: Type.String(),
  backup: Type.Object({
    id: Type.String(),
    made_at: Type.String(),
    /** the epoch that ran when the backup was made; '': none */
    epoch: Type.String(),
    machine: Type.String(),
  }),
  /** the gateway has stored the event of its restore */
  announced: Type.Boolean(),
});
const isInstance = Compile(schema);

export type Instance = Readonly<Type.Static<typeof schema>>;

/** undefined: the gateway was never restored, or its file cannot be read. */
export function readInstance(dataFolder: string, logger?: Pick<Logger, 'warn'>): Instance | undefined {
  const file = join(dataFolder, instanceFileName);
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isInstance.Check(value)) return value;
    logger?.warn({ file }, 'the file does not say which restore made this box: the centre may refuse it');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      logger?.warn({ file, problem: messageOf(error) }, 'the file that says which restore made this box is unreadable');
  }
  return undefined;
}

/** What a sink tells of the instance. */
export function identityOf(instance: Instance | undefined): { readonly instance?: string } {
  return instance === undefined ? {} : { instance: instance.instance };
}

/** What the status tells of the instance. */
export function instanceStatus(instance: Instance | undefined): Pick<GatewayStatus, 'instance' | 'restored'> {
  if (instance === undefined) return {};
  const { restored_at: at, backup } = instance;
  // a gateway that had never run has no events that could be missing
  if (backup.epoch === '') return { instance: instance.instance };
  return { instance: instance.instance, restored: { at, backup: backup.made_at, epoch: backup.epoch as Epoch } };
}

/** The event of a restored gateway's first start. */
export function restoredEvent({ instance, restored_at, backup }: Instance): GatewayData {
  return {
    change: 'restored',
    message: `this box was restored from the backup of ${backup.machine} of ${backup.made_at}`,
    instance,
    restored_at,
    backup: backup.made_at,
    backup_epoch: backup.epoch,
  };
}

/** Notes that the event of the restore is stored. @throws what the file system says */
export function noteAnnounced(dataFolder: string, instance: Instance): Promise<void> {
  return writeInstance(dataFolder, { ...instance, announced: true });
}

/** @throws what the file system says */
export function writeInstance(dataFolder: string, instance: Instance): Promise<void> {
  return replaceFile(join(dataFolder, instanceFileName), `${JSON.stringify(instance, null, 2)}\n`);
}
