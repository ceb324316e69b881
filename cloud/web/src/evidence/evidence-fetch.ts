/**
 * Fetching the pictures and the clip of an alarm from its site.
 *
 *   looking ── what is here ──► asking for each piece that is not ──► looking every `lookEveryMs` until all are here
 *     └── error ──► told ── `retryMs` ──► looking          a piece that was refused ── `again` ──► asked for
 *
 * Always: one piece that is refused keeps none of the others from being asked for; an error of a look is gone with the
 * next look that is answered; after `stop` nothing is asked and nothing changes.
 */
import type { EvidenceView } from '../../../evidence/schemas.ts';

export interface FetchState {
  /** by sha256: what the centre has asked for, and how much of it is here */
  readonly known: ReadonlyMap<string, EvidenceView>;
  /** by sha256: why it was not asked for, a sentence */
  readonly refused: ReadonlyMap<string, string>;
  /** why nobody can tell how far they are */
  readonly problem: string;
}

export const nothingFetched: FetchState = { known: new Map(), refused: new Map(), problem: '' };

export interface FetchParts {
  /** sha256 of each */
  readonly pieces: readonly string[];
  readonly look: (signal: AbortSignal) => Promise<readonly EvidenceView[]>;
  readonly ask: (piece: string) => Promise<EvidenceView>;
  readonly changed: (state: FetchState) => void;
  /** what an error says, in a sentence */
  readonly sentence: (error: unknown) => string;
  /** resolves after `ms`, at once when aborted */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

const lookEveryMs = 1500;
const retryMs = 5000;

export class EvidenceFetch {
  readonly #parts: FetchParts;
  readonly #stopping = new AbortController();
  #state = nothingFetched;

  constructor(parts: FetchParts) {
    this.#parts = parts;
  }

  /** Resolves when all are here, or after `stop`. Never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    let asked = false;
    while (!signal.aborted) {
      const answered = await this.#look();
      if (answered && this.#isHere()) return;
      if (answered && !asked) {
        asked = true;
        await this.#askForAll();
      }
      await this.#parts.wait(answered ? lookEveryMs : retryMs, signal);
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Asks once more for a piece that was refused. Never rejects. */
  async again(piece: string): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#set({ refused: new Map([...this.#state.refused].filter(([one]) => one !== piece)) });
    try {
      const view = await this.#parts.ask(piece);
      this.#set({ known: new Map(this.#state.known).set(piece, view) });
    } catch (error) {
      this.#set({ refused: new Map(this.#state.refused).set(piece, this.#parts.sentence(error)) });
    }
  }

  async #look(): Promise<boolean> {
    try {
      const views = await this.#parts.look(this.#stopping.signal);
      this.#set({ known: new Map(views.map((one) => [one.sha256, one])), problem: '' });
      return true;
    } catch (error) {
      this.#set({ problem: this.#parts.sentence(error) });
      return false;
    }
  }

  async #askForAll(): Promise<void> {
    for (const piece of this.#parts.pieces) if (!hasArrived(this.#state, piece)) await this.again(piece);
  }

  #isHere(): boolean {
    return this.#parts.pieces.every((piece) => hasArrived(this.#state, piece));
  }

  #set(change: Partial<FetchState>): void {
    if (this.#stopping.signal.aborted) return;
    this.#state = { ...this.#state, ...change };
    this.#parts.changed(this.#state);
  }
}

export function hasArrived({ known }: FetchState, piece: string): boolean {
  return (known.get(piece)?.arrived ?? null) !== null;
}
