/** An event as an outbox holds it: its number, and what tells it apart from another event of that number. */
import { eventTypes } from '@forpost/shared/event/event.ts';

export interface StoredEvent {
  /** `epoch/lane/number` */
  readonly number: string;
  /** see `contentOf` */
  readonly content: string;
  /** id of the reading; undefined: another event */
  readonly reading: string | undefined;
}

/** What tells two events of one number apart: a reading's id, an alarm's change. */
export function contentOf(type: string, data: Readonly<Record<string, unknown>>): string {
  if (type === eventTypes.reading) return `reading ${String(data.id)}`;
  if (type === eventTypes.alert) return `alert ${String(data.alarm)} ${String(data.change)} ${String(data.count)}`;
  return type;
}
