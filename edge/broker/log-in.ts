/**
 * Lets a client in, or says with which return code of CONNACK (MQTT 3.1.1, section 3.2.2.3) it is refused.
 *
 * Always: without a user and its right password nobody is in; guessing is slowed down; a will may only go where its
 * principal may publish.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { SparingLogger } from '@forpost/shared/logging.ts';
import type { Authenticate, Principal } from './access.ts';
import type { Counters } from './counters.ts';
import { LoginLimit } from './login-limit.ts';
import { anyMatches, isTopicName } from './topic-filter.ts';

const identifierRejected = 2;
const serverUnavailable = 3;
const notAuthorized = 5;

export type LogInOutcome =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly returnCode: number; readonly message: string };

/** What matters of CONNECT. */
export interface ConnectRequest {
  readonly clientId: string;
  readonly clean?: boolean | undefined;
  readonly will?: { readonly topic: string } | undefined;
}

export class LogIn {
  readonly #authenticate: Authenticate;
  readonly #clock: Clock;
  readonly #logger: SparingLogger;
  readonly #counters: Counters;
  readonly #limit = new LoginLimit();
  readonly #requests = new WeakMap<object, ConnectRequest>();

  constructor(authenticate: Authenticate, clock: Clock, logger: SparingLogger, counters: Counters) {
    this.#authenticate = authenticate;
    this.#clock = clock;
    this.#logger = logger;
    this.#counters = counters;
  }

  /** Notes what a client asks for, before it is checked. */
  connecting(client: object, request: ConnectRequest): void {
    this.#requests.set(client, { clientId: request.clientId, clean: request.clean, will: request.will });
  }

  /** Never rejects. */
  async check(client: object, address: string, user?: string, password?: Uint8Array): Promise<LogInOutcome> {
    const request = this.#requests.get(client);
    // [MQTT-3.1.3-8]
    if (request === undefined || (request.clientId === '' && request.clean !== true))
      return { ok: false, returnCode: identifierRejected, message: 'a session that stays needs a client id' };
    if (!user || password === undefined) return this.#refuse(address, user ?? '', 'no user or no password');
    if (this.#limit.blocks(address, user, this.#clock.uptime())) {
      this.#counters.failedLogins++;
      return { ok: false, returnCode: notAuthorized, message: 'too many failed log-ins' };
    }
    let principal: Principal | undefined;
    try {
      principal = await this.#authenticate(user, Buffer.from(password).toString('utf8'));
    } catch (error) {
      this.#logger.error(`log-in ${address}`, { address }, `a log-in could not be checked: ${messageOf(error)}`);
      return { ok: false, returnCode: serverUnavailable, message: 'the log-in could not be checked' };
    }
    if (principal === undefined) return this.#refuse(address, user, 'wrong user or password');
    this.#limit.succeeded(address, user);
    if (request.will !== undefined && !this.#mayHaveWill(principal, request.will.topic)) {
      this.#counters.forbidden++;
      const message = `${principal.id} may not leave a will to ${request.will.topic.slice(0, 300)}`;
      this.#logger.warn(`will ${principal.id}`, { principal: principal.id }, message);
      return { ok: false, returnCode: notAuthorized, message };
    }
    return { ok: true, principal };
  }

  #mayHaveWill(principal: Principal, topic: string): boolean {
    return isTopicName(topic) && !topic.startsWith('$') && anyMatches(principal.publish, topic);
  }

  #refuse(address: string, user: string, message: string): LogInOutcome {
    this.#counters.failedLogins++;
    this.#limit.failed(address, user, this.#clock.uptime());
    const name = user.slice(0, 64);
    this.#logger.warn(`log-in ${address} ${name}`, { address, user: name }, `log-in refused: ${message}`);
    return { ok: false, returnCode: notAuthorized, message };
  }
}
