/**
 * Keeps who has which channel's name over restarts (channel-names.ts): `channel-names.json` in the data folder.
 *
 *   started ── file read ──► names recalled ── a name is claimed ──► written (one write at a time, the newest wins)
 *
 * Always: nothing waits for the disk: a kill in the moments before the first write costs the memory of that one claim,
 * and whoever of two alike names comes first after it has the plain one. A file that cannot be read or written costs
 * the same and nothing else; it is logged. A name is written once, when it is claimed.
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
        'names of channels are not remembered: two alike may change places',
      );
    }
  }

  /** Everything claimed so far is written when it resolves. */
  async stop(): Promise<void> {
    await this.#writing;
  }

  /** A name was claimed. */
  changed(): void {
    this.#again = true;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(): Promise<void> {
    const { file, devices, logger } = this.#options;
    // the names of one message are claimed in one turn
    await Promise.resolve();
    while (this.#again) {
      this.#again = false;
      try {
        await replaceFile(file, `${JSON.stringify({ version: 1, devices: devices.channelClaims() })}\n`);
      } catch (error) {
        logger.warn({ file, problem: messageOf(error) }, 'the names of channels cannot be kept');
      }
    }
  }
}

/** @throws SyntaxError, TypeError where it is another file */
function claimsIn(text: string): ChannelClaims {
  const { devices } = JSON.parse(text) as { readonly devices?: unknown };
  if (typeof devices !== 'object' || devices === null) throw new TypeError('it has no devices');
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
