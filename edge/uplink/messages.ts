/** What the main thread and the uplink's thread say to each other. Plain data only: it is cloned on its way. */
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type { Command } from '@forpost/shared/event/command.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus, LaneBacklog, UplinkStatus } from '@forpost/shared/event/status.ts';
import type { DamagePlace } from '../outbox/sqlite/event-rows.ts';
import type { SinkIdentity } from './sink.ts';
import type { SinkConfig, SinkSecret } from './sink-kind.ts';
import type { Room } from './thread/pacer.ts';

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
  /** IANA: whose days the budget of a metered link is of */
  readonly timeZone: string;
  /** see the outbox's InHand */
  readonly inHand: SharedArrayBuffer;
  readonly canPutAside: boolean;
  /** the keys whose commands are taken, as text; none: no command is listened for */
  readonly commandKeys: readonly string[];
  readonly logName: string;
  readonly logLevel: string;
  /** one Int32: 1 = the thread wants to hear of the next commit */
  readonly wanted: SharedArrayBuffer;
}

export type ToThread =
  | { readonly say: 'committed' }
  | { readonly say: 'status'; readonly status: GatewayStatus }
  | { readonly say: 'notedAside'; readonly id: number; readonly problem: string | null }
  /** the command's result is on disk, or why not */
  | { readonly say: 'commandDone'; readonly id: number; readonly problem: string | null }
  /** evidence would send so many bytes over this sink's metered link */
  | { readonly say: 'wantRoom'; readonly id: number; readonly sink: string; readonly bytes: number }
  /** evidence had so many more on the wire than it was given room for */
  | { readonly say: 'evidenceSpent'; readonly sink: string; readonly bytes: number }
  | { readonly say: 'stop' };

export type FromThread =
  | {
      readonly say: 'acknowledge';
      readonly sink: string;
      readonly epoch: Epoch;
      readonly lane: Lane;
      readonly through: Sequence;
    }
  | {
      readonly say: 'report';
      readonly uplinks: readonly UplinkStatus[];
      readonly lanes: readonly LaneBacklog[];
      /** of the other sides, beside what stops the sending */
      readonly problems: readonly string[];
    }
  | { readonly say: 'wantStatus' }
  | { readonly say: 'room'; readonly id: number; readonly room: Room }
  /** the outbox's file does not give back what was written; `place`: where, as far as that is one event's */
  | { readonly say: 'damaged'; readonly place: DamagePlace | undefined }
  | { readonly say: 'putAside'; readonly id: number; readonly refusal: Refusal }
  /** signed by a trusted key, for this gateway, and without a result in the outbox; `centreTime` in ms since 1970 */
  | { readonly say: 'command'; readonly id: number; readonly command: Command; readonly centreTime: number | undefined }
  | { readonly say: 'commandsRefused'; readonly count: number; readonly reason: string };
