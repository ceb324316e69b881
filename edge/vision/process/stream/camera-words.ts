/** What a camera's answers by RTSP and HTTP mean to an installer. Pure. */

import { redactUrls } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { CameraFailure } from '../failure.ts';
import type { LoginProblem } from './login.ts';

/** Of cameras' answers what an installer can do about them. */
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
  return `the camera asks for a log-in by ${problem.unsupported.join(' or ')}, which Forpost cannot do (it can: Basic, Digest with MD5, SHA-256 or SHA-512-256): choose another in the camera`;
}

export function otherTransport(byUdp: boolean): string {
  return byUdp ? words('gateway/reason.not-udp') : words('gateway/reason.set-udp');
}

/** A camera names another address, and a log-in goes to the configured one alone. */
export function redirection(host: string, to: string): CameraFailure {
  const shown = to === '' ? '' : ` (${plain(to)})`;
  return new CameraFailure(
    'refused',
    `the camera at ${host} sends viewers to another address${shown}, where its log-in is not sent: if that is right, set it as the camera’s url`,
  );
}

/** Of a camera's own words what can be shown. */
export function plain(text: string): string {
  return redactUrls(text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100));
}

/** `otherwise`: of a status that says nothing more. */
export function answerFailure(status: number, otherwise: string): CameraFailure {
  return new CameraFailure(...(answers[status] ?? ['refused', otherwise]));
}
