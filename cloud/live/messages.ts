/** The messages of GET /api/v1/stream, by the name of the server-sent event. */
import type { AlarmView } from '../alarms/schemas.ts';
import type { CommandView } from '../commands/schemas.ts';
import type { EventView } from '../events/schemas.ts';
import type { GatewayView } from '../gateways/schemas.ts';
import type { CentreView } from '../health/schemas.ts';
import type { LedgerView } from '../ledger/schemas.ts';

export interface StreamMessages {
  /** the first message: from now on the stream is complete */
  readonly hello: { readonly now: string };
  /** every few seconds, so that a page recognises a dead connection */
  readonly tick: { readonly now: string };
  /** events stored since the last message, oldest first; `skipped` further events are left out, and the page requests them */
  readonly events: {
    readonly events: readonly EventView[];
    readonly skipped: number;
    /** how many by gateway, for the twenty gateways with the most */
    readonly skipped_of?: Readonly<Record<string, number>>;
  };
  /** an alarm's newest state */
  readonly alert: AlarmView;
  /** a person acknowledged an alarm at the centre */
  readonly acknowledged: { readonly gateway: string; readonly alarm: string; readonly by: string; readonly at: string };
  /** a command that was sent, or its result */
  readonly command: CommandView;
  readonly gateway: { readonly now: string; readonly gateway: GatewayView };
  readonly ledger: LedgerView;
  /** other centres may have stored events that this stream does not send: the page requests alarms and events */
  readonly elsewhere: Readonly<Record<string, never>>;
  /** at first, and when the centre's condition changes */
  readonly centre: CentreView;
}
