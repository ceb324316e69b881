/**
 * The changes of the broker's state that wait for a commit: the newest change of each item.
 *
 *   add ──► pending ── take ──► in the running commit ── committed ──► on disk
 *             ▲                        └── failed ──► pending again, under newer changes of the same item
 *
 * Always: a change goes into the next commit of entries; only a waiting caller, or a timer of a second, causes a commit
 * of changes alone. Bounded: when too many changes wait while the disk refuses writes, all are dropped, and the broker
 * saves its whole state once the disk takes writes again.
 */
import type { ForpostError } from '@forpost/shared/errors.ts';
import type { StateChange } from '../../../mqtt-state/mqtt-state.ts';
import type { CommitChanges } from '../messages.ts';

/** Some MB, besides the broker's own copy. */
const maxPending = 50_000;

interface Pending {
  readonly change: StateChange;
  /** the item is not on disk: its deletion needs no change */
  readonly fresh: boolean;
}

interface Wait {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class PendingChanges {
  #pending = new Map<string, Pending>();
  #waiting: Wait | undefined;
  #running:
    | { readonly pending: Map<string, Pending>; readonly replacesState: boolean; readonly wait: Wait | undefined }
    | undefined;
  #savesAll = false;
  #savingAnew = false;
  #askAnew: (() => void) | undefined;

  /** A caller waits: a commit is due. */
  get isDue(): boolean {
    return this.#waiting !== undefined;
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0 && !this.#savesAll;
  }

  onAnew(listener: () => void): void {
    this.#askAnew = listener;
  }

  add(change: StateChange): void {
    if (this.#savesAll) return;
    this.#put(change);
    // while the broker saves its whole state, the broker's own bounds hold
    if (this.#pending.size > maxPending && !this.#savingAnew) this.begin();
  }

  /** The state on disk is no longer valid: the broker must save everything again. */
  begin(): void {
    if (this.#askAnew === undefined) return;
    this.#pending.clear();
    this.#savesAll = true;
  }

  /** Resolves once everything added until now is on disk. */
  settled(): Promise<void> {
    if (this.isEmpty) return this.#running?.wait?.promise ?? this.#waitForRunning();
    this.#waiting ??= withResolvers();
    return this.#waiting.promise;
  }

  beginCommit(): CommitChanges {
    const replacesState = this.#savesAll;
    if (replacesState) {
      this.#savesAll = false;
      this.#savingAnew = true;
      this.#askAnew?.();
      this.#savingAnew = false;
    }
    const pending = this.#pending;
    this.#pending = new Map();
    this.#running = { pending, replacesState, wait: this.#waiting };
    this.#waiting = undefined;
    return { replacesState, changes: Array.from(pending.values(), ({ change }) => change) };
  }

  committed(): void {
    const running = this.#running;
    this.#running = undefined;
    running?.wait?.resolve();
  }

  failed(error: ForpostError): void {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return;
    if (running.replacesState || this.#savesAll) this.begin();
    else this.#putBack(running.pending);
    running.wait?.reject(error);
  }

  /** No commit comes soon: rejects the waiting callers. */
  failAll(error: ForpostError): void {
    this.failed(error);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
  }

  /** Called when no change is pending: the running commit may hold the caller's changes, so the caller waits for it. */
  #waitForRunning(): Promise<void> {
    if (this.#running === undefined || this.#running.pending.size === 0) return Promise.resolve();
    const wait = withResolvers();
    this.#running = { ...this.#running, wait };
    return wait.promise;
  }

  #put(change: StateChange): void {
    const key = keyOf(change);
    const known = this.#pending.get(key);
    if (change.kind === 'sent' && known?.change.kind === 'queued')
      this.#pending.set(key, { change: { ...known.change, ...withoutKind(change) }, fresh: known.fresh });
    else if (change.kind === 'unqueued' && known?.fresh === true) this.#pending.delete(key);
    else this.#pending.set(key, { change, fresh: change.kind === 'queued' && known === undefined });
    if (change.kind === 'session-ended') this.#forgetSession(change.session);
  }

  /** Drops the other pending changes of an ended session. */
  #forgetSession(session: number): void {
    for (const [key, { change }] of this.#pending)
      if (change.kind !== 'session-ended' && 'session' in change && change.session === session)
        this.#pending.delete(key);
  }

  #putBack(older: Map<string, Pending>): void {
    const newer = this.#pending;
    this.#pending = new Map();
    for (const { change } of older.values()) this.#pending.set(keyOf(change), { change, fresh: false });
    for (const { change } of newer.values()) this.#put(change);
    if (this.#pending.size > maxPending) this.begin();
  }
}

function withoutKind<T extends { readonly kind: string }>({ kind: _, ...rest }: T): Omit<T, 'kind'> {
  return rest;
}

function withResolvers(): Wait {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // callers that wait get the rejection; without one there is nothing to handle
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

function keyOf(change: StateChange): string {
  switch (change.kind) {
    case 'session':
    case 'session-ended':
      return `s${change.session}`;
    case 'subscribed':
    case 'unsubscribed':
      return `f${change.session}/${change.filter}`;
    case 'queued':
    case 'sent':
    case 'unqueued':
      return `q${change.session}/${change.message}`;
    case 'received':
    case 'released':
      return `i${change.session}/${change.messageId}`;
    case 'retained':
    case 'unretained':
      return `r${change.topic}`;
  }
}
