/**
 * Probes a camera's address: opens one TCP connection and closes it at once. A probe costs far less than an ffmpeg and
 * distinguishes a wrong address from a wrong log-in, so an absent camera can be probed every second.
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

/** Why a connection failed, as text for an installer. */
export function unreachable(where: string, error: NodeJS.ErrnoException): string {
  return reasons[error.code ?? '']?.(where) ?? words('gateway/reason.not-reached', { where, reason: error.message });
}

/** Resolves to the reason why the address cannot be reached; empty: something listens there. Never rejects. */
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
