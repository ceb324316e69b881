/**
 * Checks a client's log-in, by its certificate or its password, and chooses the return code of CONNACK for a refusal
 * (MQTT 3.1.1, section 3.2.2.3).
 *
 * Always: only a client with the right password or certificate may connect. A password that was right before is
 * accepted at once, whatever other log-ins wait. Guessing is slowed down, but a right password is never refused as
 * wrong: without time to check it the client is put off. A certificate lets in its own principal alone: a CONNECT that
 * names another user is checked by that user's password.
 */
import { availableParallelism } from 'node:os';
import { addressGroup } from '@forpost/shared/address.ts';
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { SparingLogger } from '@forpost/shared/logging.ts';
import { type PasswordAnswer, PasswordQueue } from '@forpost/shared/password-queue.ts';
import type { Acquaintance, Authenticate, Granted, ShownCertificate } from './access.ts';
import type { Counters } from './counters.ts';
import type { OnRefused } from './refused-clients.ts';

const identifierRejected = 2;
const notAuthorized = 5;

export type LogInOutcome =
  | ({ readonly ok: true } & Granted)
  | { readonly ok: false; readonly returnCode: number | PutOff; readonly message: string; readonly wrong?: WrongLogIn };

/** No answer: the client may try the same log-in again (connect-handler.ts). It counts as no failure. */
export const putOff = 'put off';
export type PutOff = typeof putOff;

/** A wrong log-in. The pairing window may take its client in; else `count` it. */
export interface WrongLogIn {
  /** the principal that has its user name; null: none */
  readonly principal: string | null;
  /** counts, logs and reports the refusal */
  readonly count: () => void;
}

/** The parts of CONNECT that the log-in needs. */
export interface ConnectRequest {
  readonly clientId: string;
  readonly clean?: boolean | undefined;
  readonly will?: { readonly topic: string } | undefined;
}

/** A client that logs in: its address, its CONNECT, and whether it still waits. */
export interface LogInRequest {
  readonly address: string | undefined;
  readonly user: string | undefined;
  readonly password: Uint8Array | undefined;
  /** undefined: it has shown none */
  readonly certificate?: ShownCertificate | undefined;
  readonly gone: AbortSignal;
}

/** For a broker without an acquaintance: no password is known. */
const nobodyKnown: Acquaintance = { recall: () => undefined, idOf: (user) => user };

export interface LogInOptions {
  readonly authenticate: Authenticate;
  readonly acquaintance?: Acquaintance | undefined;
  readonly clock: Clock;
  readonly logger: SparingLogger;
  readonly counters: Counters;
  /** called when a log-in is refused as wrong */
  readonly onRefused?: OnRefused | undefined;
  /** called when a device or consumer has logged in */
  readonly onLetIn?: ((principal: string) => void) | undefined;
}

export class LogIn {
  readonly #authenticate: Authenticate;
  readonly #acquaintance: Acquaintance;
  readonly #logger: SparingLogger;
  readonly #counters: Counters;
  readonly #onRefused: OnRefused | undefined;
  readonly #onLetIn: ((principal: string) => void) | undefined;
  readonly #queue: PasswordQueue;
  readonly #requests = new WeakMap<object, ConnectRequest>();

  constructor({ authenticate, acquaintance = nobodyKnown, clock, logger, counters, onRefused, onLetIn }: LogInOptions) {
    this.#onRefused = onRefused;
    this.#onLetIn = onLetIn;
    this.#authenticate = authenticate;
    this.#acquaintance = acquaintance;
    this.#logger = logger;
    this.#counters = counters;
    // a check uses a core: one core stays free for alerts
    this.#queue = new PasswordQueue(clock, { atOnce: availableParallelism() > 2 ? 2 : 1 });
  }

  /** number of log-ins whose password waits for its check */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Registers a client's log-in before its check. */
  connecting(client: object, request: ConnectRequest): void {
    this.#requests.set(client, { clientId: request.clientId, clean: request.clean, will: request.will });
  }

  /** Never rejects. */
  async check(client: object, asked: LogInRequest): Promise<LogInOutcome> {
    const request = this.#requests.get(client);
    const address = addressGroup(asked.address);
    // [MQTT-3.1.3-8]
    if (request === undefined || (request.clientId === '' && request.clean !== true))
      return { ok: false, returnCode: identifierRejected, message: 'a session that stays needs a client id' };
    const byCertificate = this.#byCertificate(asked, request);
    if (byCertificate !== undefined) return this.#letIn(byCertificate);
    if (!asked.user || asked.password === undefined) return this.#refuse(asked, request, 'no user or no password');
    const password = Buffer.from(asked.password).toString('utf8');
    const known = this.#acquaintance.recall(asked.user, password, request.clientId);
    if (known === 'wrong') return this.#refuse(asked, request, 'wrong user or password, as before');
    if (known !== undefined) return this.#letIn(known);
    let granted: Granted | undefined;
    let answer: PasswordAnswer;
    try {
      answer = await this.#queue.check({
        address,
        user: this.#acquaintance.idOf(asked.user, request.clientId),
        gone: asked.gone,
        verify: async () => {
          granted = await this.#authenticate(asked.user ?? '', password, request.clientId);
          return granted !== undefined;
        },
      });
    } catch (error) {
      this.#logger.error(`log-in ${address}`, { address }, `a log-in could not be checked: ${messageOf(error)}`);
      return { ok: false, returnCode: putOff, message: 'the log-in could not be checked' };
    }
    if (answer === 'right' && granted !== undefined) {
      this.#queue.forgive(address, granted.principal.id);
      return this.#letIn(granted);
    }
    if (answer === 'wrong') return this.#refuse(asked, request, 'wrong user or password');
    return this.#putOff(address, answer);
  }

  /** The principal of the client's certificate, unless the client names another user. */
  #byCertificate({ certificate, user }: LogInRequest, { clientId }: ConnectRequest): Granted | undefined {
    if (certificate === undefined) return undefined;
    const granted = this.#acquaintance.recognise?.(certificate);
    if (granted === undefined || !user) return granted;
    return this.#acquaintance.idOf(user, clientId) === granted.principal.id ? granted : undefined;
  }

  /** A will on a forbidden topic is dropped later, and does not refuse the log-in. */
  #letIn({ principal, credential }: Granted): LogInOutcome {
    this.#onLetIn?.(principal.id);
    return { ok: true, principal, credential };
  }

  #putOff(address: string, answer: PasswordAnswer): LogInOutcome {
    if (answer === 'gone') return { ok: false, returnCode: putOff, message: 'the client has gone' };
    this.#counters.busyLogins++;
    const message = `log-ins from ${address} wait: too many passwords to check, or too many wrong ones; closed without an answer`;
    this.#logger.warn(`busy ${address}`, { address, waiting: this.#queue.waiting }, message);
    return { ok: false, returnCode: putOff, message: 'too many log-ins at once' };
  }

  #refuse(
    { address: from = '', user = '', certificate }: LogInRequest,
    { clientId }: ConnectRequest,
    message: string,
  ): LogInOutcome {
    const principal = this.#acquaintance.idOf(user, clientId) ?? null;
    const isUser = principal !== null;
    const count = () => {
      this.#counters.failedLogins++;
      const address = addressGroup(from);
      const name = user.slice(0, 64);
      this.#onRefused?.({ kind: isUser ? 'password' : 'stranger', principal, user, clientId, address: from, what: '' });
      // all unknown names together cause one log line a minute
      const kind = isUser ? name : '';
      this.#logger.warn(
        `log-in ${address} ${kind}`,
        { address, user: name, certificate: certificate?.fingerprint },
        `log-in refused: ${message}`,
      );
    };
    return { ok: false, returnCode: notAuthorized, message, wrong: { principal, count } };
  }
}
