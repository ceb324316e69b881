/**
 * Connects to a camera, with TLS if its address says so.
 *
 * Always: nothing is sent to a camera with TLS before its certificate is trusted (camera-certificate.ts); a connection
 * that is not established within `connectTimeoutMs` fails.
 */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { messageOf } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { NetworkSource } from '../address.ts';
import { refusal, tlsOptions } from '../camera-certificate.ts';
import { CameraFailure } from '../failure.ts';
import { unreachable } from '../probe.ts';

const connectTimeoutMs = 5_000;

/** @throws CameraFailure with the reason for an installer */
export function connectTo({ host, port, tls, trust }: NetworkSource): Promise<Socket> {
  const where = `${host}:${port}`;
  const options = tls ? tlsOptions(host, trust) : undefined;
  if (typeof options === 'string') return Promise.reject(new CameraFailure('refused', options));
  return new Promise((resolve, reject) => {
    let reached = false;
    const fail = (state: 'refused' | 'unreachable', reason: string) => {
      clearTimeout(late);
      socket.destroy();
      reject(new CameraFailure(state, reason));
    };
    const late = setTimeout(
      () =>
        reached
          ? fail('refused', words('gateway/reason.no-tls-answer', { where }))
          : fail('unreachable', words('gateway/reason.no-answer', { where })),
      connectTimeoutMs,
    );
    const done = () => {
      clearTimeout(late);
      socket.off('error', failed);
      // users of the socket learn of its end by `close`
      socket.on('error', () => socket.destroy());
      resolve(socket);
    };
    const failed = (error: NodeJS.ErrnoException) => {
      if (options !== undefined && reached)
        fail('refused', words('gateway/reason.bad-tls', { where, error: messageOf(error) }));
      else fail('unreachable', unreachable(where, error));
    };
    const socket =
      options === undefined
        ? connectPlain({ host, port, noDelay: true }, done)
        : connectTls({ ...options, host, port }, function (this: ReturnType<typeof connectTls>) {
            const why = refusal(this, this.getPeerX509Certificate(), host, trust);
            if (why === undefined) done();
            else fail('refused', words('gateway/reason.no-log-in-sent', { where, reason: why }));
          });
    if (options !== undefined)
      socket.setNoDelay(true).once('connect', () => {
        reached = true;
      });
    socket.on('error', failed);
    socket.once('close', () =>
      fail(reached ? 'refused' : 'unreachable', words('gateway/reason.ended-at-once', { where })),
    );
  });
}
