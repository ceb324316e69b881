/** What a camera's answers by RTSP and HTTP mean to an installer. Pure. */
import { redactUrls } from '@forpost/shared/logging.ts';
import { CameraFailure } from '../failure.ts';
import type { LoginProblem } from './login.ts';

/** Of cameras' answers what an installer can do about them. */
const answers: Readonly<Record<number, ConstructorParameters<typeof CameraFailure>>> = {
  403: ['refused', 'the camera forbids this user the stream (403)'],
  404: ['refused', 'no such stream (404)'],
  406: ['refused', 'the camera cannot describe this stream (406): is its address right?'],
  415: ['refused', 'the camera cannot serve this stream (415): is its address right?'],
  453: [
    'unreachable',
    'the camera serves as many viewers as it can (453): end another one, or allow more in the camera',
  ],
  454: ['connecting', 'the camera forgot its session (454)'],
  500: ['unreachable', 'the camera says that it failed itself (500)'],
  503: ['unreachable', 'the camera is busy (503): it may serve as many viewers as it can'],
};

export function loginWords(problem: LoginProblem): string {
  if (problem === 'needed') return 'the camera asks for a user and a password';
  if (problem === 'wrong') return 'wrong password';
  if (problem === 'colon')
    return 'the camera takes log-ins by Basic alone, and there a user’s name cannot have a colon: name the user otherwise';
  return `the camera asks for a log-in by ${problem.unsupported.join(' or ')}, which Forpost cannot do (it can: Basic, Digest with MD5, SHA-256 or SHA-512-256): choose another in the camera`;
}

export function otherTransport(byUdp: boolean): string {
  return byUdp
    ? 'the camera does not send by UDP: leave out transport: udp'
    : 'the camera does not send by TCP (461): set transport: udp';
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
