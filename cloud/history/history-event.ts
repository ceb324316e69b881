/** An event as the history answers with it: as it was stored, with the times that are known to be right. */
import type { ForpostEvent } from '@forpost/shared/event/event.ts';

/** An event as the history has it. */
export interface HistoryEvent extends ForpostEvent {
  /** when the centre stored it, RFC 3339 */
  readonly stored: string;
  /**
   * RFC 3339; where the gateway's clock was not in sync and it was learnt later by how much it was off (corrected.ts):
   * when it happened, if the gateway itself had stamped that, and when the gateway took it.
   */
  readonly corrected_time?: string;
  readonly corrected_received?: string;
  /** its own time cannot be, and so it stands at `corrected_time`: when it was stored, or what the clock events say */
  readonly doubted?: 'future' | 'past';
  /** bytes of the whole data, where `data` is only its beginning, as text */
  readonly data_bytes?: number;
}
