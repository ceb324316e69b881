/** Explains a camera's RTSP and HTTP answers to an installer. Pure. */

import { redactUrls } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { CameraFailure } from '../failure.ts';
import type { LoginProblem } from './login.ts';

/** status of the answer -> the camera's state, and what an installer can do */
const answers: Readonly<Record<number, ConstructorParameters<typeof CameraFailure>>> = {
  403: ['refused', words('gateway/reason.forbidden')],
  404: ['refused', words('gateway/reason.no-stream')],
  406: ['refused', words('gateway/reason.cannot-describe')],
  415: ['refused', words('gateway/reason.cannot-serve')],
  453: ['unreachable', words('gateway/reason.most-viewers')],
  454: ['connecting', words('gateway/reason.session-forgotten')],
  500: ['unreachable', words('gateway/reason.camera-failed')],
  503: ['unreachable', words('gateway/reason.camera-busy')],
};

export function loginWords(problem: LoginProblem): string {
  if (problem === 'needed') return words('gateway/reason.login-needed');
  if (problem === 'wrong') return words('gateway/reason.wrong-password');
  if (problem === 'colon') return words('gateway/reason.login-colon');
  return words('gateway/reason.login-unsupported', { schemes: problem.unsupported.join(', ') });
}

export function otherTransport(byUdp: boolean): string {
  return byUdp ? words('gateway/reason.not-udp') : words('gateway/reason.set-udp');
}

/** The camera redirects to another address. The log-in is sent only to the configured address. */
export function redirection(host: string, to: string): CameraFailure {
  return new CameraFailure(
    'refused',
    to === ''
      ? words('gateway/reason.redirects', { host })
      : words('gateway/reason.redirects-to', { host, address: plain(to) }),
  );
}

/** A camera's own text, made safe to show: printable ASCII without secrets, at most 100 characters. */
export function plain(text: string): string {
  return redactUrls(text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100));
}

/** `otherwise`: the reason for a status that `answers` does not explain. */
export function answerFailure(status: number, otherwise: string): CameraFailure {
  return new CameraFailure(...(answers[status] ?? ['refused', otherwise]));
}
