/**
 * Logging in with a user and a password, on both sides: POST /api/v1/login, POST /api/v1/logout, GET /api/v1/session,
 * and the check that other routes put before themselves.
 *
 *   address or user tried too often ──► 429, nothing is checked
 *   password checked (one at a time; an unknown user costs the same) ── wrong ──► 401 ── right ──► session, cookie
 *
 * Always: a wrong password and an unknown user get the same answer after the same work; the cookie is HttpOnly,
 * SameSite=Strict and, with TLS, Secure; a password that was changed ends that user's sessions.
 */
import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Clock } from '../clock.ts';
import { hashPassword, verifyPassword } from '../password.ts';
import { Attempts } from './attempts.ts';
import { HttpProblem, tryAgainIn } from './problem.ts';
import { isSameOrigin } from './same-origin.ts';
import { type Session, Sessions } from './sessions.ts';

export interface LoginOptions {
  /** what one logs in to, in the answer's words: "the gateway" */
  readonly realm: string;
  /** the argon2id hash of this user's password, undefined where there is no such user */
  readonly users: (name: string) => string | undefined;
  /** cookies are shared by all ports of a host: each side its own name */
  readonly cookieName: string;
  /** whether the page is served over TLS */
  readonly secure: boolean;
  readonly clock: Clock;
  readonly sessionMs?: number;
}

export interface Login {
  /** A preHandler: 401 for whoever is not logged in. */
  readonly requireLogin: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  /** The session of a request, undefined where it has none (or no longer). */
  readonly sessionOf: (request: FastifyRequest) => Session | undefined;
}

const dayMs = 86_400_000;
const defaultSessionMs = dayMs / 2;
/** Wrong tries until the next ones wait. A user's window is short: whoever guesses at a name locks its owner out too. */
const userLimit = { tries: 10, windowMs: 2 * 60_000 };
const addressLimit = { tries: 30, windowMs: 5 * 60_000 };
/** A check takes tens of MB and a core for a moment: one at a time, and this many may wait for it. */
const maxWaiting = 10;

const loginSchema = Type.Object(
  { user: Type.String({ minLength: 1, maxLength: 200 }), password: Type.String({ minLength: 1, maxLength: 1000 }) },
  { additionalProperties: false },
);

/** Adds the three routes to `app` and returns the check for the others. */
export function registerLogin(app: FastifyInstance, options: LoginOptions): Login {
  const { clock, realm, users, cookieName } = options;
  const sessionMs = options.sessionMs ?? defaultSessionMs;
  const sessions = new Sessions(clock, sessionMs);
  const byUser = new Attempts(userLimit, clock);
  const byAddress = new Attempts(addressLimit, clock);
  const check = oneAtATime(maxWaiting);
  // what an unknown user's password is checked against; made before the first one asks
  const nobody = hashPassword('nobody');
  const cookieOptions = { path: '/', httpOnly: true, sameSite: 'strict', secure: options.secure } as const;

  if (!app.hasPlugin('@fastify/cookie')) app.register(cookie);
  app.addHook('onReady', async () => void (await nobody));
  app.addHook('preClose', async () => sessions.endAll());

  const sessionOf = (request: FastifyRequest): Session | undefined => {
    const id = request.cookies[cookieName];
    const session = id === undefined ? undefined : sessions.find(id);
    if (session === undefined) return undefined;
    if (users(session.user) === session.hash) return session;
    sessions.end(session.id);
    return undefined;
  };

  const tell = (session: Session | undefined) =>
    session === undefined
      ? { user: null }
      : { user: session.user, expiresInMs: Math.round(session.expiresAt - clock.uptime()) };

  const onlyOwnPages = async (request: FastifyRequest) => {
    if (!isSameOrigin(request)) throw new HttpProblem(403, 'this request came from the page of another site');
  };

  app.post<{ Body: Type.Static<typeof loginSchema> }>(
    '/api/v1/login',
    { schema: { body: loginSchema }, onRequest: onlyOwnPages, bodyLimit: 10_000 },
    async (request, reply) => {
      const { user, password } = request.body;
      const wait = byAddress.take(request.ip) || byUser.take(user);
      if (wait > 0) {
        request.log.warn({ user, address: request.ip }, 'too many log-in tries');
        throw tryAgainIn(429, wait, `too many tries: wait ${Math.ceil(wait / 1000)} s`);
      }
      const hash = users(user);
      const right = await check(async () => verifyPassword(password, hash ?? (await nobody)));
      if (!right || hash === undefined) {
        request.log.warn({ user, address: request.ip }, 'a log-in failed');
        throw new HttpProblem(401, `this user and password do not open ${realm}`);
      }
      byAddress.forgive(request.ip);
      byUser.clear(user);
      // a log-in from an open session replaces it
      const before = sessionOf(request);
      if (before !== undefined) sessions.end(before.id);
      const session = sessions.open(user, hash);
      reply.setCookie(cookieName, session.id, { ...cookieOptions, maxAge: Math.ceil(sessionMs / 1000) });
      request.log.info({ user, address: request.ip }, 'logged in');
      return tell(session);
    },
  );

  app.post('/api/v1/logout', { onRequest: onlyOwnPages }, async (request, reply) => {
    const session = sessionOf(request);
    if (session !== undefined) sessions.end(session.id);
    reply.clearCookie(cookieName, cookieOptions);
    return { user: null };
  });

  // 200 also for nobody: a page asks this first, and a browser reports every 401 as an error
  app.get('/api/v1/session', async (request) => tell(sessionOf(request)));

  return {
    sessionOf,
    requireLogin: async (request) => {
      if (sessionOf(request) === undefined) throw new HttpProblem(401, `log in to ${realm}`);
    },
  };
}

/** Runs what it is given one after the other; beyond `limit` that wait it answers 503. */
function oneAtATime(limit: number): <Result>(run: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return (run) => {
    if (waiting >= limit) throw tryAgainIn(503, 2000, 'too many people log in at this moment');
    waiting++;
    const result = last.then(run).finally(() => {
      waiting--;
    });
    last = result.catch(() => undefined);
    return result;
  };
}
