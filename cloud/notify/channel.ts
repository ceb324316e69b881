/**
 * A way to reach people. A new one is one file in channels/ and one line in channels/registry.ts.
 *
 * Always: `send` resolves when the other side took the notification; it may be called again with the same `id` (after
 * a restart), which the other side can tell by the id.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Language } from '@forpost/shared/texts/language.ts';
import type { Message } from '@forpost/shared/texts/message.ts';

export interface Notification {
  /** the alert event's id: the idempotency key */
  readonly id: string;
  readonly site: string;
  readonly gateway: string;
  readonly device: string;
  readonly alarm: string;
  readonly rule: string;
  readonly change: string;
  readonly severity: string;
  /** in the language of the channel; before the notifier has chosen it, as the gateway or the centre said it */
  readonly message: string;
  /** `message` as a message of the catalogue (shared/texts); a channel never sees it */
  readonly message_i18n?: Message;
  /** of the texts; absent before the notifier has chosen it */
  readonly language?: Language;
  /** what it is about, also when it is over: how far it went. Absent of an older gateway, as are the others below */
  readonly summary?: string;
  readonly summary_i18n?: Message;
  readonly cause?: string;
  /** the worst value since it was raised */
  readonly peak?: number | string | boolean;
  /** of one that is over: how long it lasted */
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
  /** it comes long after it happened (after an outage): worth a line, not a siren */
  readonly late: boolean;
  /** so many notifications of this gateway are told in this one; absent: it is one */
  readonly grouped?: number;
}

export interface Channel {
  readonly name: string;
  /** @throws ForpostError FORPOST_CHANNEL_FAILED */
  send(notification: Notification, signal: AbortSignal): Promise<void>;
  /**
   * Whether the other side can be reached, without anything that people would see: asked at the start and by
   * `forpost cloud check`. @throws ForpostError FORPOST_CHANNEL_FAILED
   */
  check?(signal: AbortSignal): Promise<void>;
}

/** The other side asks to be left alone for so long (429 or 503 with Retry-After): everything of its channel waits. */
export class TryLater extends ForpostError {
  readonly waitMs: number;

  constructor(message: string, waitMs: number) {
    super('FORPOST_CHANNEL_FAILED', message);
    this.waitMs = waitMs;
  }
}
