/**
 * Whether anything listens where a camera should be: one TCP connection, closed at once. It costs far less than an
 * ffmpeg and tells a wrong address from a wrong log-in, so an absent camera may be asked for every other second.
 */

import { connect } from 'node:net';
import type { Clock } from '@forpost/shared/clock.ts';
import { words } from '@forpost/shared/texts/english.ts';

const reasons: Readonly<Record<string, (where: string) => string>> = {
  ECONNREFUSED: (where) => words('gateway/reason.nothing-listens', { where }),
  ETIMEDOUT: (where) => words('gateway/reason.no-answer', { where }),
  EHOSTUNREACH: (where) => words('gateway/reason.no-way', { where }),
  ENETUNREACH: (where) => words('gateway/reason.no-way', { where }),
  ENOTFOUND: (where) => words('gateway/reason.no-name', { where }),
  EAI_AGAIN: (where) => words('gateway/reason.no-lookup', { where }),
};

/** Why a connection failed, in words. */
export function unreachable(where: string, error: NodeJS.ErrnoException): string {
  return reasons[error.code ?? '']?.(where) ?? words('gateway/reason.not-reached', { where, error: error.message });
}

/** Resolves to why nobody can be reached, in words, or to an empty text. Never rejects. */
export function probe(host: string, port: number, timeoutMs: number, clock: Clock): Promise<string> {
  return new Promise((resolve) => {
    const where = `${host}:${port}`;
    const socket = connect({ host, port });
    const done = (reason: string) => {
      timer.cancel();
      socket.destroy();
      resolve(reason);
    };
    const timer = clock.after(timeoutMs, () => done(words('gateway/reason.no-answer', { where })));
    socket.once('connect', () => done(''));
    socket.once('error', (error) => done(unreachable(where, error)));
  });
}
