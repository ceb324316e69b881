/**
 * Keeps what bridges have said of the devices behind them (names, addresses, groups, found devices) across restarts, in
 * `bridges.json` in the data folder. A bridge says it once, retained: after a restart of the gateway it is not repeated.
 *
 *   started ── file read ──► names recalled ── something has changed ── `pauseMs` ──► written ──► …
 *
 * Always: no message waits for the disk; at most one write each `pauseMs`, however many names a bridge makes up; the
 * newest state is written at the stop. A kill loses what was said in the last seconds; a file that cannot be read or written
 * loses names, is logged, and stops nothing.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { readWhole, replaceFile } from '@forpost/shared/files.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { BridgeNames, DeviceRegistry } from '../registry.ts';
import type { KeptName } from './name-entry.ts';

export interface BridgeNameFileOptions {
  readonly file: string;
  readonly devices: Pick<DeviceRegistry, 'recallBridges' | 'bridgeNames'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const pauseMs = 2000;

export class BridgeNameFile implements Part {
  readonly #options: BridgeNameFileOptions;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: BridgeNameFileOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { file, devices, logger } = this.#options;
    try {
      devices.recallBridges(namesIn(await readWhole(file)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      logger.warn(
        { file, problem: messageOf(error) },
        'cannot read what bridges have said: a device that its bridge has renamed may be found anew',
      );
    }
  }

  /** Resolves when the newest state is written. */
  async stop(): Promise<void> {
    if (this.#timer !== undefined) this.#write();
    await this.#writing;
  }

  /** Called when a bridge has said something new: schedules a write. */
  changed(): void {
    this.#timer ??= this.#options.clock.after(pauseMs, () => this.#write());
  }

  #write(): void {
    const { file, devices, logger } = this.#options;
    this.#timer?.cancel();
    this.#timer = undefined;
    const text = `${JSON.stringify({ version: 1, bridges: devices.bridgeNames() })}\n`;
    this.#writing = this.#writing
      .then(() => replaceFile(file, text))
      .catch((error: unknown) =>
        logger.warn({ file, problem: messageOf(error) }, 'cannot write what bridges have said'),
      );
  }
}

/** @throws SyntaxError, TypeError where the text is not that of a bridges.json */
function namesIn(text: string): BridgeNames {
  const { bridges } = JSON.parse(text) as { readonly bridges?: unknown };
  if (typeof bridges !== 'object' || bridges === null) throw new TypeError('the file has no "bridges"');
  return Object.fromEntries(
    Object.entries(bridges).map(([bridge, names]) => [bridge, Array.isArray(names) ? names.filter(isName) : []]),
  );
}

function isName(value: unknown): value is KeptName {
  if (typeof value !== 'object' || value === null) return false;
  const { name, first, last, address, model, former } = value as Readonly<Record<string, unknown>>;
  const isTextOrAbsent = (one: unknown) => one === undefined || typeof one === 'string';
  return (
    typeof name === 'string' &&
    typeof first === 'number' &&
    typeof last === 'number' &&
    [address, model, former].every(isTextOrAbsent)
  );
}
