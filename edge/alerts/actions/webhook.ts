/**
 * The action kind `webhook`: posts each alarm that begins or ends to an address of the site's network, as JSON.
 *
 *   idle ── alert ──► sending ── 2xx ──► next alert, or idle
 *                        ├── no answer, 5xx, 429 ──► waiting ──► sending, `mostTries` times
 *                        └── another status, or too often ──► given up: logged once, and a problem until the next success
 *
 * Always: one request at a time, in the order of the alerts, each with a deadline; at most `mostWaiting` alerts wait: the
 * oldest one is dropped, and that is logged. Redirects are not followed: the token goes to the configured address only.
 */
import { type Clock, systemClock, type Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { inEnglish, words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { ActionConfig } from '../../site/site.ts';
import { type Action, type ActionParts, type ActionResult, type Alert, messageOfAlert } from '../action.ts';
import type { ActionKind, ActionSecrets } from '../action-kind.ts';

const defaultTimeoutS = 5;
const longestUrl = 500;
const schema = Type.Object(
  {
    url: Type.String({
      maxLength: longestUrl,
      description: 'http:// or https:// address that the alarm is posted to; a token stands in the secrets file',
      'x-field': 'url',
    }),
    timeout_s: Type.Optional(
      Type.Number({
        minimum: 0.5,
        maximum: 30,
        description: 'how long an answer may take',
        default: defaultTimeoutS,
        'x-field': 'duration',
      }),
    ),
  },
  { additionalProperties: false, description: 'posts each alarm that begins or ends to an address of the network' },
);

export type WebhookConfig = ActionConfig & Type.Static<typeof schema>;

/** Tries of one alert, and the pauses between them, ms. */
const pausesMs = [1_000, 5_000] as const;
const mostWaiting = 50;

export const webhook: ActionKind<WebhookConfig> = {
  kind: 'webhook',
  title: message('rule/kind.webhook'),
  schema,
  secrets: ['token'],
  check({ id, url }) {
    const parsed = URL.parse(url);
    if (parsed === null || !/^https?:$/.test(parsed.protocol))
      return [{ path: ['url'], message: words('mistake/action.url', { url }) }];
    if (parsed.username === '' && parsed.password === '') return [];
    return [{ path: ['url'], message: words('mistake/action.url-login', { id }) }];
  },
  effect: ({ url }) => message('rule/action.webhook', { url: shownUrl(url) }),
  create: (config, parts, secrets) => new WebhookAction(config, parts, secrets),
};

/** The address without its query, which may be a secret. */
function shownUrl(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

class WebhookAction implements Action {
  readonly name: string;
  readonly #config: WebhookConfig;
  readonly #parts: ActionParts;
  readonly #secrets: ActionSecrets;
  readonly #clock: Clock;
  readonly #waiting: Alert[] = [];
  #isSending = false;
  #stopped = new AbortController();
  #problem: Message | undefined;

  constructor(config: WebhookConfig, parts: ActionParts, secrets: ActionSecrets) {
    this.name = config.id;
    this.#config = config;
    this.#parts = parts;
    this.#secrets = secrets;
    this.#clock = parts.clock ?? systemClock;
  }

  perform(alert: Alert): void {
    if (alert.data.change !== 'raised' && alert.data.change !== 'cleared') return;
    if (this.#waiting.length >= mostWaiting) {
      this.#waiting.shift();
      this.#failed(message('gateway/answer.action-queue', { url: shownUrl(this.#config.url) }));
    }
    this.#waiting.push(alert);
    if (!this.#isSending) void this.#sendAll();
  }

  async try(alert: Alert): Promise<ActionResult> {
    const { result } = await this.#post(alert);
    return result;
  }

  problem(): Message | undefined {
    return this.#problem;
  }

  end(): void {
    this.#stopped.abort();
  }

  async stop(): Promise<void> {
    this.#waiting.length = 0;
    this.#stopped.abort();
  }

  /** Never rejects: each failure is a result. */
  async #sendAll(): Promise<void> {
    this.#isSending = true;
    for (let alert = this.#waiting.shift(); alert !== undefined; alert = this.#waiting.shift()) {
      const { result } = await this.#persist(alert);
      if (result.ok) this.#problem = undefined;
      else if (!this.#stopped.signal.aborted) this.#failed(result.message);
    }
    this.#isSending = false;
  }

  async #persist(alert: Alert): Promise<Posted> {
    let posted = await this.#post(alert);
    for (const pauseMs of pausesMs) {
      if (posted.result.ok || !posted.mayRetry || this.#stopped.signal.aborted) return posted;
      await this.#pause(pauseMs);
      posted = await this.#post(alert);
    }
    return posted;
  }

  /** One request. Its answer's body is not read. */
  async #post(alert: Alert): Promise<Posted> {
    const { url, timeout_s: timeout = defaultTimeoutS } = this.#config;
    const { token } = this.#secrets;
    const late = new AbortController();
    const timer = this.#clock.after(timeout * 1000, () => late.abort());
    const begun = this.#clock.uptime();
    try {
      const answer = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'content-type': 'application/json',
          // so that a receiver recognises a change that is sent again after a lost answer
          'idempotency-key': `${alert.data.alarm}/${alert.data.change}`,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(messageOfAlert(alert)),
        signal: AbortSignal.any([late.signal, this.#stopped.signal]),
      });
      await answer.body?.cancel();
      const status = String(answer.status);
      const duration = { seconds: Math.round(this.#clock.uptime() - begun) / 1000 };
      if (answer.ok)
        return {
          result: {
            ok: true,
            message: message('gateway/answer.action-sent', { url: shownUrl(url), status, duration }),
          },
        };
      const refused = message('gateway/answer.action-refused', { url: shownUrl(url), status });
      return { result: { ok: false, message: refused }, mayRetry: answer.status >= 500 || answer.status === 429 };
    } catch (error) {
      const why = late.signal.aborted
        ? message('gateway/answer.action-late', { url: shownUrl(url), duration: { seconds: timeout } })
        : message('gateway/reason.not-reached', { where: shownUrl(url), reason: causeOf(error) });
      return { result: { ok: false, message: why }, mayRetry: true };
    } finally {
      timer.cancel();
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer: Timer = this.#clock.after(ms, done);
      const { signal } = this.#stopped;
      function done() {
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #failed(why: Message): void {
    if (this.#problem?.key !== why.key) this.#parts.logger.error({ action: this.name }, inEnglish(why));
    this.#problem = why;
  }
}

interface Posted {
  readonly result: ActionResult;
  readonly mayRetry?: boolean;
}

/** `fetch failed` hides the reason in its cause. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
}
