/**
 * A sink receives batches of events and says when they are safe. A new sink kind is one folder in sinks/ and one line
 * in sinks/registry.ts.
 *
 * Always: `send` resolves only when the whole batch is safe at the other side, and rejects otherwise. A part of a
 * rejected batch may have arrived; the events' ids make the resend harmless. A session has one outstanding batch. After
 * a rejection or a deadline the forwarder closes the session and opens a new one.
 */
import { instanceHeader } from '@forpost/shared/event/codec.ts';
import type { Epoch, GatewayId, Lane, Sequence, SiteId } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { Words } from '@forpost/shared/texts/english.ts';
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
  /** set for a replay: the centre notifies nobody of its alerts again */
  readonly replayed?: true;
}

export interface SinkSession {
  /** @throws ForpostError FORPOST_SINK_…; its `retryable` says whether sending the same batch again can help */
  send(batch: SinkBatch, deadlineMs: number): Promise<void>;
  /** Sends the gateway's present status; a later one replaces it. */
  status(status: GatewayStatus, deadlineMs: number): Promise<void>;
  /** bytes on the wire so far, both ways */
  readonly wireBytes: number;
  /** Safe to call twice; never rejects. */
  close(): Promise<void>;
}

export interface Sink {
  readonly name: string;
  /** Connects, and checks that sending is possible: the topics exist, the log-in is valid. */
  open(deadlineMs: number): Promise<SinkSession>;
  /** problems at the sink that do not stop the sending, as sentences */
  problems?(): readonly Words[];
  /** whether an error of `open` says that the other side refuses the log-in, or that there is none; absent: unknown */
  isLogInRefused?(error: unknown): boolean;
  /** bytes on the wire outside sessions, both ways: commands and failed connections; absent: not counted */
  readonly otherWireBytes?: number;
  /** the feed of the centre's commands; absent: this sink has none */
  readonly commands?: CommandFeed;
}

export interface SinkIdentity {
  readonly site: SiteId;
  readonly gateway: GatewayId;
  /** see `GatewayStatus.instance`; absent: the gateway was never restored */
  readonly instance?: string;
}

/** The header by which the centre tells a restored gateway from the box that it replaces, of a request or a record. */
export function instanceHeaders({ instance }: Pick<SinkIdentity, 'instance'>): Readonly<Record<string, string>> {
  return instance === undefined ? {} : { [instanceHeader]: instance };
}
