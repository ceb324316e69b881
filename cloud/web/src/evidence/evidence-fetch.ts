/**
 * Fetches the pictures and the clip of an alarm from its site. A look asks the centre which pieces it has.
 *
 *   look ── answer ──► requests each missing piece ──► a look every `checkEveryMs` until all pieces are here
 *     └── error ──► shown ── `retryMs` ──► look          refused piece ── `again` ──► requested
 *
 * Always: a refused piece does not keep other pieces from being requested. The next answered look removes the error of a
 * failed look. After `stop` nothing is requested and nothing changes.
 */
import type { EvidenceView } from '../../../evidence/schemas.ts';

export interface FetchState {
  /** by sha256: the pieces that the centre has requested, and their progress */
  readonly known: ReadonlyMap<string, EvidenceView>;
  /** by sha256: why a piece could not be requested, as a sentence */
  readonly refused: ReadonlyMap<string, string>;
  /** why the last look failed */
  readonly problem: string;
}

export const nothingFetched: FetchState = { known: new Map(), refused: new Map(), problem: '' };

export interface FetchParts {
  /** sha256 of each piece */
  readonly pieces: readonly string[];
  readonly list: (signal: AbortSignal) => Promise<readonly EvidenceView[]>;
  readonly ask: (piece: string) => Promise<EvidenceView>;
  readonly changed: (state: FetchState) => void;
  /** an error's text, as a sentence */
  readonly sentence: (error: unknown) => string;
  /** resolves after `ms`, at once when aborted */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

const checkEveryMs = 1500;
const retryMs = 5000;

export class EvidenceFetch {
  readonly #parts: FetchParts;
  readonly #stopping = new AbortController();
  #state = nothingFetched;

  constructor(parts: FetchParts) {
    this.#parts = parts;
  }

  /** Resolves when all pieces are here, or after `stop`. Never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    let asked = false;
    while (!signal.aborted) {
      const answered = await this.#refresh();
      if (answered && this.#isHere()) return;
      if (answered && !asked) {
        asked = true;
        await this.#askForAll();
      }
      await this.#parts.wait(answered ? checkEveryMs : retryMs, signal);
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Requests a refused piece again. Never rejects. */
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

  async #refresh(): Promise<boolean> {
    try {
      const views = await this.#parts.list(this.#stopping.signal);
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
