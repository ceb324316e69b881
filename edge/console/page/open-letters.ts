/**
 * The messages that nobody could read, of the devices whose rows are open.
 *
 *   opened ── one is counted ──► fetching ── here ──► shown ── the count moves ──► fetching
 *                                   └── failed: told, and tried again at the next status
 *
 * Always: one question for an open row at a time; a row that is closed asks nothing; an answer for a row that was
 * closed meanwhile is thrown away.
 */
import type { DeviceStatus } from '@forpost/shared/event/status.ts';
import type { DeadLetterView } from '../view.ts';

/** What is shown of a device: its newest, or why they could not be fetched. */
export type ShownLetters = readonly DeadLetterView[] | string;

interface OpenRow {
  /** the count that what is shown goes by; undefined: nothing is shown yet */
  asked: number | undefined;
  busy: boolean;
}

export class OpenLetters {
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
    void this.#look(device, row);
  }

  close(device: string): void {
    this.#rows.delete(device);
  }

  /** A new status: what has moved is fetched again. */
  take(devices: readonly Pick<DeviceStatus, 'id' | 'deadLetters'>[]): void {
    this.#counts = new Map(devices.map(({ id, deadLetters }) => [id, deadLetters]));
    for (const [device, row] of this.#rows) {
      if (this.#counts.has(device)) void this.#look(device, row);
      else this.close(device);
    }
  }

  async #look(device: string, row: OpenRow): Promise<void> {
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
