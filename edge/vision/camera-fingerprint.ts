/**
 * `forpost cameras fingerprint ID`: shows a camera's present certificate, for comparing and pinning. Sends no log-in.
 */
import { connect } from 'node:tls';
import { suggestion } from '@forpost/shared/config/nearest.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { CameraConfig } from '../site/site.ts';
import { isLocal, sourceOf } from './process/address.ts';
import { fingerprintOf, refusal, tlsOptions } from './process/camera-certificate.ts';

const deadlineMs = 10_000;

/** Two lines: the fingerprint in the form of site.yaml, and whether the camera is trusted now. @throws ForpostError */
export async function cameraFingerprint(cameras: readonly CameraConfig[], id: string): Promise<string> {
  const camera = cameras.find((one) => one.id === id);
  if (camera === undefined) {
    const known = cameras.map((one) => one.id as string);
    throw new ForpostError('FORPOST_ARGUMENT_INVALID', `the site has no camera "${id}"${suggestion(id, known)}`);
  }
  const source = sourceOf(camera);
  if (isLocal(source) || !source.tls)
    throw new ForpostError(
      'FORPOST_CONFIG_INVALID',
      `${camera.url} has no certificate: only rtsps:// and https:// cameras have one`,
    );
  const { host, port, trust } = source;
  // a CA that cannot be read does not matter here: show the certificate unchecked
  const options = tlsOptions(host, trust);
  const asked = typeof options === 'string' ? { rejectUnauthorized: false } : options;
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      socket.destroy();
      reject(new ForpostError('FORPOST_CAMERA_FAILED', `${host}:${port} shows no certificate: ${why}`));
    };
    const socket = connect({ ...asked, host, port }, () => {
      const certificate = socket.getPeerX509Certificate();
      const why = typeof options === 'string' ? options : refusal(socket, certificate, host, trust);
      socket.destroy();
      if (certificate === undefined) return fail('the camera sent none');
      resolve(
        `fingerprint: ${fingerprintOf(certificate)}\n${why === undefined ? 'It is trusted as it is configured.' : `It is not trusted: ${why}`}`,
      );
    });
    socket.setTimeout(deadlineMs, () => fail(`no answer within ${deadlineMs / 1000} s`));
    socket.once('error', (error) => fail(messageOf(error)));
  });
}
