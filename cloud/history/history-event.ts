/** An event in an answer of the history: the event as it was stored, and its corrected times. */
import type { ForpostEvent } from '@forpost/shared/event/event.ts';

/** An event from the history. */
export interface HistoryEvent extends ForpostEvent {
  /** when the centre stored it, RFC 3339 */
  readonly stored: string;
  /**
   * Corrected forms of `time` and `received`, RFC 3339: present where the gateway's clock was not in sync and its offset
   * became known later (corrected.ts). `corrected_time` exists only where the gateway stamped `time` itself, or where the
   * time is doubted.
   */
  readonly corrected_time?: string;
  readonly corrected_received?: string;
  /** the event's own time is impossible, so the event is listed at `corrected_time`: the time it was stored */
  readonly doubted?: 'future' | 'past';
  /** size of the whole data in bytes; present where `data` holds only the beginning, as text */
  readonly data_bytes?: number;
}
