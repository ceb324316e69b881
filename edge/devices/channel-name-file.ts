/**
 * Keeps the names of channels (channel-names.ts) across restarts, in `channel-names.json` in the data folder.
 *
 *   started ── file read ──► names recalled ── a name is claimed ──► written (one write at a time, the newest wins)
 *
 * Always: no reading waits for the disk. A kill between a claim and its write loses this one claim: after the restart
 * the first of two similar names gets the plain channel name. A file that cannot be read or written loses the same, and
 * is logged. A name is written once, when it is claimed.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { readWhole, replaceFile } from '@forpost/shared/files.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { ChannelClaims, DeviceRegistry } from './registry.ts';

export interface ChannelNameFileOptions {
  readonly file: string;
  readonly devices: Pick<DeviceRegistry, 'recallChannels' | 'channelClaims'>;
  readonly logger: Logger;
}

export class ChannelNameFile implements Part {
  readonly #options: ChannelNameFileOptions;
  #writing: Promise<void> | undefined;
  #again = false;

  constructor(options: ChannelNameFileOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { file, devices, logger } = this.#options;
    try {
      devices.recallChannels(claimsIn(await readWhole(file)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      logger.warn(
        { file, problem: messageOf(error) },
        'cannot read the names of channels: two channels with similar names may swap them',
      );
    }
  }

  /** Resolves when all claims so far are written. */
  async stop(): Promise<void> {
    await this.#writing;
  }

  /** Called when a name was claimed: schedules a write. */
  changed(): void {
    this.#again = true;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(): Promise<void> {
    const { file, devices, logger } = this.#options;
    // all names of one message are claimed in one turn: wait for the rest of them
    await Promise.resolve();
    while (this.#again) {
      this.#again = false;
      try {
        await replaceFile(file, `${JSON.stringify({ version: 1, devices: devices.channelClaims() })}\n`);
      } catch (error) {
        logger.warn({ file, problem: messageOf(error) }, 'cannot write the names of channels');
      }
    }
  }
}

/** @throws SyntaxError, TypeError where the text is not that of a channel-names.json */
function claimsIn(text: string): ChannelClaims {
  const { devices } = JSON.parse(text) as { readonly devices?: unknown };
  if (typeof devices !== 'object' || devices === null) throw new TypeError('the file has no "devices"');
  return Object.fromEntries(
    Object.entries(devices).map(([device, claims]) => [
      device,
      (Array.isArray(claims) ? (claims as readonly unknown[]) : []).filter(isClaim),
    ]),
  );
}

function isClaim(claim: unknown): claim is readonly [string, string] {
  return Array.isArray(claim) && claim.length === 2 && claim.every((part) => typeof part === 'string');
}
