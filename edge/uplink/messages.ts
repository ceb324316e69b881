/** The messages between the main thread and the uplink's thread: plain data, because `postMessage` clones them. */

import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type { Command } from '@forpost/shared/event/command.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus, LaneBacklog, UplinkStatus } from '@forpost/shared/event/status.ts';
import type { Words } from '@forpost/shared/texts/english.ts';
import type { AnswerMessage, CallMessage } from '@forpost/shared/threads/calls.ts';
import type { DamagePlace } from '../outbox/sqlite/event-rows.ts';
import type { SinkIdentity } from './sink.ts';
import type { SinkConfig, SinkSecret } from './sink-kind.ts';

/** An event that a sink refuses for good. */
export interface Refusal {
  readonly sink: string;
  readonly event: StoredEvent;
  readonly reason: string;
}

export interface ThreadData {
  readonly sinks: readonly SinkConfig[];
  readonly secrets: Readonly<Record<string, SinkSecret>>;
  readonly identity: SinkIdentity;
  readonly outboxFile: string;
  /** IANA: the days of a metered link's budget begin at midnight there */
  readonly timeZone: string;
  /** see the outbox's InHand */
  readonly inHand: SharedArrayBuffer;
  readonly canRecordRefusals: boolean;
  /** public keys of trusted centres, as text; empty: the thread reads no commands */
  readonly commandKeys: readonly string[];
  readonly logName: string;
  readonly logLevel: string;
  /** one Int32: 1 = the thread wants a `committed` notice for the next commit */
  readonly commitsWanted: SharedArrayBuffer;
}

/** The bytes that evidence may send over a metered link now. */
export interface ByteGrant {
  /** granted bytes, which count as sent from now on; 0: none */
  readonly bytes: number;
  /** without a grant: ms after which the next question is worthwhile */
  readonly waitMs: number;
}

/** One step of a try of the link. */
export interface LinkStep {
  readonly what: 'name' | 'connection' | 'tls' | 'log-in' | 'answer';
  /** host:port */
  readonly where: string;
  /** skipped: an earlier step failed, a proxy hides the step, or the error does not show its result */
  readonly result: 'ok' | 'failed' | 'skipped';
  /** in words, which `recognise` finds */
  readonly said: string;
  readonly ms: number;
}

/** What the main thread asks of the uplink's thread. */
export type UplinkCalls = {
  /** Evidence wants to send `bytes` over this sink's metered link. */
  readonly grantBytes: {
    readonly question: { readonly sink: string; readonly bytes: number };
    readonly answer: ByteGrant;
  };
  /** A try of the link to this sink (link-test.ts). */
  readonly tryLink: { readonly question: { readonly sink: string }; readonly answer: readonly LinkStep[] };
};

/** What the uplink's thread asks of the main thread. */
export type MainCalls = {
  /** Answered when the refusal's dead letter and gap record are on disk. */
  readonly recordRefusal: { readonly question: Refusal; readonly answer: null };
  /**
   * A command that a trusted key signed, for this gateway, without a result in the outbox. Answered when its result is
   * on disk. `centreTime`: ms since 1970; undefined: unknown
   */
  readonly runCommand: {
    readonly question: { readonly command: Command; readonly centreTime: number | undefined };
    readonly answer: null;
  };
};

/** Notices to the uplink's thread, which need no answer. */
export type ToDispatcher =
  | { readonly kind: 'committed' }
  | { readonly kind: 'status'; readonly status: GatewayStatus }
  /** Evidence has sent this many bytes more than it was granted. */
  | { readonly kind: 'evidenceSpent'; readonly sink: string; readonly bytes: number };

export type ToThread = ToDispatcher | CallMessage<UplinkCalls> | AnswerMessage | { readonly kind: 'stop' };

/** Notices from the dispatcher to the main thread. */
export type FromDispatcher =
  /** The sink has all events of this lane up to and including `through`. */
  | {
      readonly kind: 'acknowledge';
      readonly sink: string;
      readonly epoch: Epoch;
      readonly lane: Lane;
      readonly through: Sequence;
    }
  | {
      readonly kind: 'report';
      readonly uplinks: readonly UplinkStatus[];
      readonly lanes: readonly LaneBacklog[];
      /** problems at the sinks that do not stop the sending */
      readonly problems: readonly Words[];
    }
  | { readonly kind: 'wantStatus' };

export type FromThread =
  | FromDispatcher
  | CallMessage<MainCalls>
  | AnswerMessage
  /** A reader found the outbox's file damaged. `place`: the event, where it is a single one. */
  | { readonly kind: 'damaged'; readonly place: DamagePlace | undefined }
  /** `count` items on the command feeds were refused since the last notice, the newest for `reason`. */
  | { readonly kind: 'commandsRefused'; readonly count: number; readonly reason: string };
