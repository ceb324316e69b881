/**
 * A notification as a POST of its JSON to an address.
 *
 * Always: only a 2xx counts as taken; redirects are refused (they would carry alerts to where nobody configured);
 * the event's id goes as Idempotency-Key; the address is never printed beyond its host, for it may hold a secret.
 */
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Channel, Notification } from '../channel.ts';

export class WebhookChannel implements Channel {
  readonly name: string;
  readonly #url: URL;

  /** `url`: http or https; a user and password in it are sent as basic log-in */
  constructor(name: string, url: string) {
    this.name = name;
    this.#url = new URL(url);
  }

  async send(notification: Notification, signal: AbortSignal): Promise<void> {
    const { username, password, origin } = this.#url;
    const target = new URL(this.#url);
    target.username = '';
    target.password = '';
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    let status: number;
    try {
      const response = await fetch(target, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': notification.id,
          'user-agent': 'forpost',
          ...(username === '' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
        },
        body: JSON.stringify(notification),
        redirect: 'manual',
        signal,
      });
      status = response.status;
      // what it says does not matter, but an unread body would keep the connection
      await response.body?.cancel();
    } catch (error) {
      const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
      const message = `webhook ${this.name} (${origin}) cannot be reached: ${messageOf(reason)}`;
      throw new ForpostError('FORPOST_CHANNEL_FAILED', message, { cause: error });
    }
    if (status >= 200 && status < 300) return;
    const what =
      status >= 300 && status < 400 ? `wants to redirect (HTTP ${status}), which is refused` : `says HTTP ${status}`;
    throw new ForpostError('FORPOST_CHANNEL_FAILED', `webhook ${this.name} (${origin}) ${what}`);
  }
}
