/**
 * A sink: somewhere that takes batches of events and says when they are safe. A new one is one file in sinks/ and one
 * line in sinks/registry.ts.
 *
 * Always: `send` resolves only when the whole batch is safe at the other side, and rejects otherwise (some of it may
 * have arrived all the same: ids make the re-send harmless). One batch is outstanding at a time in a session. After a
 * rejection or a deadline the session is closed and thrown away, and a new one is opened.
 */
import type { Epoch, GatewayId, Lane, Sequence, SiteId } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { CommandFeed } from '../commands/feed.ts';

export interface SinkRecord {
  readonly sequence: Sequence;
  /** the event's CloudEvents JSON */
  readonly json: string;
}

/** Consecutive events of one lane, in order. */
export interface SinkBatch {
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly records: readonly SinkRecord[];
  /** a replay: marked, so that nobody is notified of its alerts again */
  readonly replayed?: true;
}

export interface SinkSession {
  /** @throws ForpostError, FORPOST_SINK_…: its `retryable` says whether sending the same again can help */
  send(batch: SinkBatch, deadlineMs: number): Promise<void>;
  /** The gateway's present state, latest wins. */
  status(status: GatewayStatus, deadlineMs: number): Promise<void>;
  /** bytes on the wire so far, both ways, as exactly as is known */
  readonly wireBytes: number;
  /** Safe to call twice; never rejects. */
  close(): Promise<void>;
}

export interface Sink {
  readonly name: string;
  /** Connects and checks that it could send (topics exist, log-in is right). */
  open(deadlineMs: number): Promise<SinkSession>;
  /** what is wrong at the sink and does not stop the sending, in words */
  problems?(): readonly string[];
  /** bytes on the wire besides the sessions, both ways: commands, and failed connections; absent: not counted */
  readonly otherWireBytes?: number;
  /** how the centre's commands arrive through this sink; absent: they do not */
  readonly commands?: CommandFeed;
}

export interface SinkIdentity {
  readonly site: SiteId;
  readonly gateway: GatewayId;
}
