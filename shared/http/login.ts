/**
 * Log-in with a user and a password, on both sides: POST /api/v1/login, POST /api/v1/logout, GET /api/v1/session, and the
 * checks for other routes (rights.ts).
 *
 *   remembered as right ──► session, cookie
 *   this user failed too often from this address, or the address did ──► 429, nothing is checked
 *   no turn in time (password-queue.ts) ──► 503
 *   password checked (one at a time; an unknown user costs the same) ── wrong ──► 401 ── right ──► session, cookie
 *
 * Always: a guesser slows his own address and the user whose name he uses from there. He locks out neither the owner at
 * another address nor a running session. A wrong password and an unknown user get the same answer after the same work. The
 * cookie is HttpOnly, SameSite=Strict and, for a browser that came by https, Secure. A changed password ends that user's
 * sessions. A viewer sees and changes nothing. A session continues while it is used, and over a restart (sessions.ts).
 */

import cookie from '@fastify/cookie';
import { words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { addressGroup } from '../address.ts';
import type { Clock } from '../clock.ts';
import { hashPassword, PasswordVerifier } from '../password.ts';
import { PasswordQueue, type PasswordQueueLimits } from '../password-queue.ts';
import type { PrefixOf } from './forwarded.ts';
import { HttpProblem, tryAgainIn } from './problem.ts';
import { isSameOrigin, otherOrigin } from './same-origin.ts';
import { problem } from './schema.ts';
import { type Session, type SessionLife, Sessions } from './sessions.ts';

/** viewer: sees everything and changes nothing, for a screen on a wall */
export type Role = 'viewer' | 'operator';
export const roles: readonly Role[] = ['viewer', 'operator'];

export interface LoginOptions {
  /** the name of this side in answers: "the gateway" */
  readonly realm: string;
  /** the argon2id hash of this user's password; undefined for an unknown user */
  readonly users: (name: string) => string | undefined;
  /** a user's role; default: operator */
  readonly roleOf?: (name: string) => Role | undefined;
  /** the language that a user has chosen (BCP 47); undefined: none. Default: no user has chosen one */
  readonly languageOf?: (name: string) => string | undefined;
  /** reads changed users before a password is checked */
  readonly refresh?: () => Promise<void>;
  /** why log-ins are closed now */
  readonly closed?: () => Message | undefined;
  /** all ports of a host share cookies: each side has its own name */
  readonly cookieName: string;
  /** whether the page is served over TLS */
  readonly secure: boolean;
  /** the path in front of the page, which its cookie gets too; default: none */
  readonly prefixOf?: PrefixOf;
  /** file that keeps log-ins over a restart; absent: memory alone */
  readonly sessionsFile?: string | undefined;
  readonly clock: Clock;
  readonly life?: (role: Role) => SessionLife;
}

export interface Login {
  /** An onRequest hook: 401 without a log-in. */
  readonly requireLogin: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  /** An onRequest hook: 401 without a log-in, 403 for a viewer. */
  readonly requireActing: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  /** Ends the sessions of removed users and of users with a changed password. */
  readonly usersChanged: () => Promise<void>;
  /** The session of a request; undefined without a valid one. */
  readonly sessionOf: (request: FastifyRequest) => Session | undefined;
}

const dayMs = 86_400_000;
/** A screen on a wall has nobody to log in each morning. */
const lives: Readonly<Record<Role, SessionLife>> = {
  operator: { idleMs: dayMs, longestMs: 30 * dayMs },
  viewer: { idleMs: 30 * dayMs, longestMs: 365 * dayMs },
};
/**
 * People type slower than devices log in: five wrong passwords of one user from one address, then one every 12 s; 20 of
 * an address, then one every 10 s.
 */
const limits: Partial<PasswordQueueLimits> = {
  mostWaiting: 100,
  mostWaitingByAddress: 20,
  mostWaitingByUser: 5,
  waitMs: 5000,
  failuresByAddress: 20,
  addressRefillMs: 10_000,
  failuresByUser: 5,
  userRefillMs: 12_000,
};
const busyRetryMs = 2000;
const closedRetryMs = 10_000;

const loginSchema = Type.Object(
  {
    user: Type.String({ minLength: 1, maxLength: 200, description: 'log-in name' }),
    password: Type.String({ minLength: 1, maxLength: 1000, description: 'password' }),
  },
  { additionalProperties: false },
);

const sessionAnswer = Type.Object({
  user: Type.Union([Type.String(), Type.Null()], { description: 'log-in name; null: nobody is logged in' }),
  role: Type.Optional(Type.Enum([...roles], { description: 'a viewer sees everything and changes nothing' })),
  language: Type.Optional(Type.String({ description: 'language that the person has chosen (BCP 47); absent: none' })),
  expiresInMs: Type.Optional(Type.Integer({ description: 'ms until the log-in ends, if it is not used' })),
});

/** Adds the three routes to `app`; returns the checks for the others. */
export function registerLogin(app: FastifyInstance, options: LoginOptions): Login {
  const { clock, realm, users, cookieName } = options;
  const roleOf = (user: string) => options.roleOf?.(user) ?? 'operator';
  const languageOf = (user: string) => {
    const language = options.languageOf?.(user);
    return language === undefined ? {} : { language };
  };
  const life = options.life ?? ((role: Role) => lives[role]);
  const sessions = new Sessions({
    clock,
    life: (user) => life(roleOf(user)),
    file: options.sessionsFile,
    report: (problem) => app.log.warn(problem),
  });
  const queue = new PasswordQueue(clock, limits);
  const verifier = new PasswordVerifier({ remembered: 1000 });
  // the hash against which passwords of unknown users are checked; made before the first log-in
  const decoyHash = hashPassword('nobody');
  // the instance's id keeps cookies of a second gateway or centre on this host apart
  const cookieOf = () => (sessions.instance === '' ? cookieName : `${cookieName}-${sessions.instance}`);
  const cookieOptions = (request: FastifyRequest) =>
    ({
      path: options.prefixOf?.(request) || '/',
      httpOnly: true,
      sameSite: 'strict',
      // browsers refuse a Secure cookie from a page over http
      secure: options.secure || request.protocol === 'https',
    }) as const;

  if (!app.hasPlugin('@fastify/cookie')) app.register(cookie);
  app.addHook('onReady', async () => {
    await Promise.all([decoyHash, sessions.start()]);
  });
  app.addHook('preClose', () => sessions.stop());

  const sessionOf = (request: FastifyRequest): Session | undefined => {
    const id = request.cookies[cookieOf()];
    return id === undefined ? undefined : sessions.find(id, users);
  };

  const answerOf = (session: Session | undefined) =>
    session === undefined
      ? { user: null }
      : {
          user: session.user,
          ...(options.roleOf === undefined ? {} : { role: roleOf(session.user) }),
          ...languageOf(session.user),
          expiresInMs: Math.round(session.expiresAt - clock.uptime()),
        };

  const onlyOwnPages = async (request: FastifyRequest) => {
    if (!isSameOrigin(request)) throw otherOrigin(request);
  };

  /** @throws HttpProblem 429, 503 when the password could not be checked in time */
  const isRight = async (
    request: FastifyRequest,
    reply: FastifyReply,
    user: string,
    password: string,
    hash: string | undefined,
  ): Promise<boolean> => {
    const against = hash ?? (await decoyHash);
    const stranger = hash === undefined ? user : '';
    const known = verifier.recall(password, against, stranger);
    if (known !== undefined) return known;
    const address = addressGroup(request.ip);
    const name = hash === undefined ? undefined : user;
    const verify = () => verifier.verify(password, against, stranger);
    const answer = await queue.check({ address, user: name, gone: disconnectSignal(reply), verify });
    if (answer === 'right' || answer === 'wrong') {
      if (answer === 'right') queue.forgive(address, user);
      return answer === 'right';
    }
    const waitMs = queue.untilNext(address, name);
    request.log.warn({ user, address: request.ip, waitMs }, 'a log-in has to wait');
    if (waitMs === 0) throw tryAgainIn(503, busyRetryMs, words('gateway/reason.login-busy'));
    throw tryAgainIn(429, waitMs, words('gateway/reason.login-wait', { seconds: Math.ceil(waitMs / 1000) }));
  };

  app.post<{ Body: Type.Static<typeof loginSchema> }>(
    '/api/v1/login',
    {
      config: { right: 'open' },
      schema: {
        summary: 'Logs in; the answer sets the cookie of the session',
        body: loginSchema,
        response: {
          200: sessionAnswer,
          401: problem('the user name or the password is wrong'),
          429: problem('too many wrong passwords: try again after `Retry-After` seconds'),
        },
      },
      onRequest: onlyOwnPages,
      bodyLimit: 10_000,
    },
    async (request, reply) => {
      const { user, password } = request.body;
      const closed = options.closed?.();
      if (closed !== undefined) throw tryAgainIn(503, closedRetryMs, closed);
      await options.refresh?.();
      const hash = users(user);
      if (!(await isRight(request, reply, user, password, hash)) || hash === undefined) {
        request.log.warn({ user, address: request.ip }, 'a log-in failed');
        throw new HttpProblem(401, words('gateway/reason.login-wrong', { what: realm }));
      }
      // a log-in during a session replaces that session
      const before = sessionOf(request);
      if (before !== undefined) await sessions.end(before.key);
      const { id, session } = await sessions.open(user, hash);
      // the browser keeps the cookie for the longest possible life; the server decides when the session ends
      const maxAge = Math.ceil(life(roleOf(user)).longestMs / 1000);
      reply.setCookie(cookieOf(), id, { ...cookieOptions(request), maxAge });
      if (request.headers.origin?.startsWith('https:') === true && request.protocol !== 'https' && !options.secure)
        request.log.warn(
          'the page is opened by https through a proxy that is not trusted: name it as http.trusted_proxy, so that the log-in’s cookie is sent by https alone',
        );
      request.log.info({ user, address: request.ip }, 'logged in');
      return answerOf(session);
    },
  );

  const logout = { summary: 'Ends the session of the cookie', response: { 200: sessionAnswer } };
  app.post(
    '/api/v1/logout',
    { config: { right: 'open' }, schema: logout, onRequest: onlyOwnPages },
    async (request, reply) => {
      const session = sessionOf(request);
      if (session !== undefined) await sessions.end(session.key);
      reply.clearCookie(cookieOf(), cookieOptions(request));
      return { user: null };
    },
  );

  // 200 also without a session: a page asks this first, and browsers report every 401 as an error
  const current = {
    summary: 'The user of the session and their role; user is null without one',
    response: { 200: sessionAnswer },
  };
  app.get('/api/v1/session', { config: { right: 'open' }, schema: current }, async (request) =>
    answerOf(sessionOf(request)),
  );

  const needSession = (request: FastifyRequest): Session => {
    const session = sessionOf(request);
    if (session === undefined) throw new HttpProblem(401, words('gateway/reason.login-first', { what: realm }));
    return session;
  };
  return {
    sessionOf,
    requireLogin: async (request) => void needSession(request),
    requireActing: async (request) => {
      const { user } = needSession(request);
      if (roleOf(user) === 'viewer') throw new HttpProblem(403, words('gateway/reason.viewer', { user }));
    },
    usersChanged: () => sessions.sweep(users),
  };
}

/** Aborted when the client disconnects before the answer. */
function disconnectSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
