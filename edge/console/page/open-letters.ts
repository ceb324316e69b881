/**
 * The dead letters of the devices whose rows are open.
 *
 *   opened ── count above 0 ──► fetching ── fetched ──► shown ── count changed ──► fetching
 *                                  └── failed: shown, and tried again at the next status
 *
 * Always: at most one request for an open row at a time, none for a closed row; an answer for a row that was closed
 * meanwhile is ignored.
 */
import type { DeviceStatus } from '@forpost/shared/event/status.ts';
import type { DeadLetterView } from '../view.ts';

/** A device's newest dead letters, or why they could not be fetched. */
export type ShownLetters = readonly DeadLetterView[] | string;

interface OpenRow {
  /** the device's count of dead letters when they were fetched; undefined before the first fetch */
  asked: number | undefined;
  busy: boolean;
}

export class OpenDeadLetters {
  readonly #fetch: (device: string) => Promise<readonly DeadLetterView[]>;
  readonly #show: (device: string, letters: ShownLetters) => void;
  readonly #rows = new Map<string, OpenRow>();
  #counts: ReadonlyMap<string, number> = new Map();

  constructor(
    fetch: (device: string) => Promise<readonly DeadLetterView[]>,
    show: (device: string, letters: ShownLetters) => void,
  ) {
    this.#fetch = fetch;
    this.#show = show;
  }

  open(device: string): void {
    const row = { asked: undefined, busy: false };
    this.#rows.set(device, row);
    void this.#load(device, row);
  }

  close(device: string): void {
    this.#rows.delete(device);
  }

  /** Compares with a new status, and fetches the dead letters again where a device's count has changed. */
  update(devices: readonly Pick<DeviceStatus, 'id' | 'deadLetters'>[]): void {
    this.#counts = new Map(devices.map(({ id, deadLetters }) => [id, deadLetters]));
    for (const [device, row] of this.#rows) {
      if (this.#counts.has(device)) void this.#load(device, row);
      else this.close(device);
    }
  }

  async #load(device: string, row: OpenRow): Promise<void> {
    const current = () => this.#rows.get(device) === row;
    const count = () => this.#counts.get(device) ?? 0;
    if (row.busy) return;
    row.busy = true;
    while (current() && count() > 0 && row.asked !== count()) {
      const asked = count();
      try {
        const letters = await this.#fetch(device);
        if (current()) this.#show(device, letters);
        row.asked = asked;
      } catch (error) {
        if (current()) this.#show(device, error instanceof Error ? error.message : String(error));
        row.asked = undefined;
        break;
      }
    }
    row.busy = false;
  }
}
