/**
 * A channel sends notifications to people. A new kind is one file in channels/ and one line in channels/registry.ts.
 *
 * Always: `send` resolves when the other side has accepted the notification. After a restart `send` may be called again
 * with the same `key` (or `id`), by which the other side recognises the repetition.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Language } from '@forpost/shared/texts/language.ts';
import type { Message } from '@forpost/shared/texts/message.ts';

export interface Notification {
  /** the alert event's id: the idempotency key of a channel without recipients */
  readonly id: string;
  /** idempotency key of this delivery, one for each language of the recipients; absent: `id` */
  readonly key?: string;
  /** those who get this notification, as the channel's configuration names them; absent: the channel knows them itself */
  readonly recipients?: readonly string[];
  readonly site: string;
  readonly gateway: string;
  readonly device: string;
  readonly alarm: string;
  readonly rule: string;
  readonly change: string;
  readonly severity: string;
  /** in the readers' language; until the notifier translates it, in the words of the gateway or the centre */
  readonly message: string;
  /** `message` as a message of the catalogue (shared/texts); a channel never sees it */
  readonly message_i18n?: Message;
  /** language of the texts; absent until the notifier has translated them */
  readonly language?: Language;
  /** summary of the whole alarm, also when it is over. An older gateway sends neither this nor the fields below */
  readonly summary?: string;
  readonly summary_i18n?: Message;
  readonly cause?: string;
  /** the worst value since the alarm was raised */
  readonly peak?: number | string | boolean;
  /** how long the alarm lasted; only for an alarm that is over */
  readonly duration_ms?: number;
  readonly acknowledged_by?: string;
  /** RFC 3339 */
  readonly acknowledged_at?: string;
  readonly device_name?: string;
  /** where the device is, in the site's words */
  readonly place?: string;
  /** RFC 3339 */
  readonly time: string;
  readonly received: string;
  /** true: the notification is sent long after the event (after an outage), so the other side should not sound a siren */
  readonly late: boolean;
  /** number of the gateway's notifications that this one stands for; absent for a single notification */
  readonly grouped?: number;
}

export interface Channel {
  readonly name: string;
  /** @throws ForpostError FORPOST_CHANNEL_FAILED */
  send(notification: Notification, signal: AbortSignal): Promise<void>;
  /**
   * Checks that the other side can be reached, and sends nothing that people would see. Called at the start and by
   * `forpost cloud check`. @throws ForpostError FORPOST_CHANNEL_FAILED
   */
  check?(signal: AbortSignal): Promise<void>;
}

/** The other side asks the channel to wait `waitMs` (429 or 503 with Retry-After): all its notifications wait. */
export class RetryLaterError extends ForpostError {
  readonly waitMs: number;

  constructor(message: string, waitMs: number) {
    super('FORPOST_CHANNEL_FAILED', message);
    this.waitMs = waitMs;
  }
}
