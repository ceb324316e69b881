/**
 * The main thread's side of storing the broker's state (mqtt-state/mqtt-state.ts): changes join the next commit, and
 * the broker gets the stored state once.
 *
 * Always: a change that no caller waits for is committed after `changesWaitMs` at the latest.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { ForpostError } from '@forpost/shared/errors.ts';
import type { MqttState, MqttStateStore, StateChange } from '../../../mqtt-state/mqtt-state.ts';
import type { CommitChanges } from '../messages.ts';
import { PendingChanges } from './pending-changes.ts';

/** How long a change that no caller waits for may wait for a commit that happens anyway. */
const changesWaitMs = 1000;

export interface StateWriteParts {
  readonly clock: Clock;
  /** the file was opened at least once */
  readonly isRead: () => boolean;
  /** the error that prevents saving; undefined: saving is possible */
  readonly refusal: () => ForpostError | undefined;
  /** a commit is due at once, or at the end of this turn of the event loop */
  readonly flush: () => void;
  readonly flushSoon: () => void;
  /** commits the changes of a publish without events */
  readonly commit: MqttStateStore['commit'];
}

export class MqttStateWrites {
  readonly #parts: StateWriteParts;
  readonly #changes = new PendingChanges();
  #timer: Timer | undefined;
  #isDue = false;
  /** the stored state, until the broker asks for it; `#restore`: the broker, until the disk can be read */
  #remembered: MqttState | undefined;
  #restore: ((remembered: MqttState) => void) | undefined;
  readonly store: MqttStateStore;

  constructor(parts: StateWriteParts) {
    this.#parts = parts;
    this.store = {
      recall: (restore) => {
        const remembered = this.#remembered;
        this.#remembered = undefined;
        if (remembered === undefined) this.#restore = restore;
        else restore(remembered);
      },
      isRead: parts.isRead,
      save: (change) => this.#save(change),
      saved: () => this.#saved(),
      commit: parts.commit,
      onAnew: (listener) => this.#changes.onAnew(listener),
    };
  }

  /** Gives the broker the state that was on disk at the start. */
  recalled(remembered: MqttState): void {
    const restore = this.#restore;
    if (restore === undefined) {
      this.#remembered = remembered;
      return;
    }
    restore(remembered);
    // the broker has run without the disk, so its state in memory is the newer one
    this.#changes.begin();
  }

  /** The file is new: the broker saves its whole state again. */
  saveAll(): void {
    this.#changes.begin();
  }

  /** Whether a caller waits for a commit of these changes. */
  get isAwaited(): boolean {
    return this.#changes.isDue;
  }

  /** Whether these changes need a commit of their own. `atOnce`: even if no caller waits. */
  isDue(atOnce: boolean): boolean {
    return !this.#changes.isEmpty && (this.#changes.isDue || this.#isDue || atOnce);
  }

  beginCommit(): CommitChanges {
    this.#isDue = false;
    return this.#changes.beginCommit();
  }

  committed(): void {
    this.#changes.committed();
  }

  failed(error: ForpostError): void {
    this.#changes.failed(error);
  }

  failAll(error: ForpostError): void {
    this.#changes.failAll(error);
  }

  close(): void {
    this.#timer?.cancel();
  }

  #save(change: StateChange): void {
    this.#changes.add(change);
    if (this.#timer !== undefined) return;
    this.#timer = this.#parts.clock.after(changesWaitMs, () => {
      this.#timer = undefined;
      this.#isDue = true;
      this.#parts.flush();
    });
  }

  #saved(): Promise<void> {
    const refusal = this.#parts.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const saved = this.#changes.settled();
    if (this.#changes.isDue) this.#parts.flushSoon();
    return saved;
  }
}
