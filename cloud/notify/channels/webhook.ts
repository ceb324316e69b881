/**
 * Posts a notification as JSON to an address, through the environment's proxy where one is set.
 *
 * Always: only a 2xx counts as accepted. The channel refuses redirects, because they would send alerts to an address
 * that nobody configured. The Idempotency-Key is the delivery's key, or else the event's id. Messages show only the
 * host of the address, because the rest may hold a secret. The channel waits as long as the other side asks by
 * Retry-After.
 */
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { allowPlaintextKey, clearAddressProblem } from '@forpost/shared/http/clear-address.ts';
import { endWith, outgoingAgent, proxyReason } from '@forpost/shared/http/outgoing.ts';
import { words } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import { type Channel, type Notification, RetryLaterError } from '../channel.ts';
import type { ChannelConfig, ChannelKind } from '../channel-kind.ts';
import { retryAfterMs } from '../retry-after.ts';

const maxSockets = 4;
const tunnelTimeoutMs = 5_000;
const mostAnswerBytes = 65_536;
const mostAnswerMs = 5_000;
const unknownCa = words('centre/reason.certificate-ca');
const noTls = words('centre/reason.no-tls');
const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: words('gateway/reason.http-no-name'),
  EAI_AGAIN: words('centre/reason.dns-silent'),
  CERT_HAS_EXPIRED: words('centre/reason.certificate-expired'),
  CERT_NOT_YET_VALID: words('centre/reason.certificate-early'),
  DEPTH_ZERO_SELF_SIGNED_CERT: words('centre/reason.certificate-self-signed'),
  SELF_SIGNED_CERT_IN_CHAIN: unknownCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownCa,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
};

const schema = Type.Object({
  url: Type.String({ pattern: '^https?://', description: 'address that notifications are posted to' }),
  ...allowPlaintextKey,
});

type WebhookConfig = ChannelConfig & Type.Static<typeof schema>;

export const webhook: ChannelKind<WebhookConfig> = {
  kind: 'webhook',
  description: 'an HTTP address that is sent JSON',
  about: 'a webhook',
  schema,
  check({ url, allow_plaintext: insisted }, setting) {
    const message = clearAddressProblem(url, `${setting}.url`, insisted);
    return message === undefined ? [] : [{ path: ['url'], message }];
  },
  summary: ({ url }) => `webhook to ${new URL(url).origin}`,
  create: ({ id, url }) => new WebhookChannel(id, url),
};

export class WebhookChannel implements Channel {
  readonly name: string;
  readonly #url: URL;
  readonly #target: URL;
  readonly #head: OutgoingHttpHeaders;
  readonly #agent: ReturnType<typeof outgoingAgent>;

  /** `url`: http or https; its user and password are sent as basic log-in. @throws ForpostError for an invalid proxy */
  constructor(name: string, url: string) {
    this.name = name;
    this.#url = new URL(url);
    this.#target = new URL(url);
    this.#target.username = '';
    this.#target.password = '';
    const { username, password } = this.#url;
    const credentials = `${decoded(username)}:${decoded(password)}`;
    this.#head = {
      'user-agent': 'forpost',
      ...(username === '' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
    };
    this.#agent = outgoingAgent(url, { keepAlive: true, maxSockets, timeoutMs: tunnelTimeoutMs });
  }

  async send(notification: Notification, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify(notification);
    const { status, headers } = await this.#ask('POST', signal, body, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'idempotency-key': notification.key ?? notification.id,
    });
    if (status >= 200 && status < 300) return;
    const about = { ...this.#about, status: String(status) };
    const reason =
      status >= 300 && status < 400
        ? words('centre/reason.webhook-redirects', about)
        : words('centre/reason.webhook-status', about);
    const waitMs = retryAfterMs(headers['retry-after'], headers.date);
    if (waitMs === undefined) throw new ForpostError('FORPOST_CHANNEL_FAILED', reason);
    const seconds = String(Math.ceil(waitMs / 1000));
    throw new RetryLaterError(words('centre/reason.webhook-pause', { reason, seconds }), waitMs);
  }

  /** Opens a connection, with TLS for an https address. No request is sent, because a request could reach people. */
  async check(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    endWith(signal, reject);
    const secure = this.#target.protocol === 'https:';
    // the request's bytes leave only at `end`
    const request = (secure ? httpsRequest : httpRequest)(this.#target, { agent: this.#agent, signal });
    request.on('error', reject).on('socket', (socket: Socket & { readonly secureConnecting?: boolean }) => {
      if (!socket.connecting && socket.secureConnecting !== true) resolve();
      else socket.once(secure ? 'secureConnect' : 'connect', resolve);
    });
    try {
      await promise;
    } catch (error) {
      throw this.#unreached(error);
    } finally {
      request.destroy();
    }
  }

  async #ask(
    method: string,
    signal: AbortSignal,
    body?: string,
    head: OutgoingHttpHeaders = {},
  ): Promise<{ readonly status: number; readonly headers: IncomingMessage['headers'] }> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const headers = { ...this.#head, ...head };
    endWith(signal, reject);
    try {
      const send = this.#target.protocol === 'https:' ? httpsRequest : httpRequest;
      send(this.#target, { method, headers, agent: this.#agent, signal }, resolve).on('error', reject).end(body);
      const answer = await promise;
      leaveUnread(answer);
      return { status: answer.statusCode ?? 0, headers: answer.headers };
    } catch (error) {
      throw this.#unreached(error);
    }
  }

  get #about(): { readonly name: string; readonly address: string } {
    return { name: this.name, address: this.#url.origin };
  }

  #unreached(error: unknown): ForpostError {
    const reason = reasonOf(error);
    const sentence = words('centre/reason.webhook-unreached', { ...this.#about, reason });
    return new ForpostError('FORPOST_CHANNEL_FAILED', sentence, { cause: error });
  }
}

/** Reads and drops a short body, so that the connection can be used again; cuts a longer one off. */
function leaveUnread(answer: IncomingMessage): void {
  let bytes = 0;
  const cut = setTimeout(() => answer.destroy(), mostAnswerMs).unref();
  answer
    .on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > mostAnswerBytes) answer.destroy();
    })
    .on('error', () => undefined)
    .on('close', () => clearTimeout(cut));
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return words('centre/reason.certificate-name');
  // Node names the code of OpenSSL only in the message
  if (code === 'EPROTO' && messageOf(error).includes('wrong version number')) return noTls;
  return proxyReason(error) ?? reasons[code] ?? messageOf(error);
}

/** Decodes percent encoding; a malformed text is returned unchanged. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
