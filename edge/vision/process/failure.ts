/**
 * From how a capture ended to what an installer can do about it, pure. What ffmpeg 5 to 7 print was read from its
 * source (libavutil/error.c) and seen against a real server; a drop has no error line and exit status 0.
 */
import type { CameraState } from '@forpost/shared/event/status.ts';
import { isLocal, type Source } from './address.ts';
import type { CaptureEnd } from './capture.ts';

export interface Failure {
  readonly state: Extract<CameraState, 'connecting' | 'refused' | 'unreachable'>;
  readonly reason: string;
  /** it is the hardware decoder that fails: without it the stream may be fine */
  readonly hardware?: true;
}

/** Why a session with a camera came to nothing or ended, as it is told. */
export class CameraFailure extends Error implements Failure {
  readonly state: Failure['state'];
  readonly reason: string;

  constructor(state: Failure['state'], reason: string) {
    super(reason);
    this.state = state;
    this.reason = reason;
  }
}

/** ffmpeg's words where a method or a decoder is not there */
const hardwareRefuses =
  /No device available for decoder|Device creation failed|Failed to set value '.*' for option 'hwaccel'|Unrecognized hwaccel|Unknown decoder|can't configure decoder|Could not find a valid device|hwaccel (initiali[sz]ation|requested).*(fail|not supported)|No VA display/i;

/** Why a capture of `source` ended, in an installer's words. */
export function explain(end: CaptureEnd, source: Source): Failure {
  if (end.failure !== undefined) return { state: end.failure.state, reason: end.failure.reason };
  const where = isLocal(source) ? source.path : `${source.host}:${source.port}`;
  const text = [...end.lines, end.error ?? ''].join('\n');
  const login = !isLocal(source) && source.login !== undefined;
  const says = (pattern: RegExp) => pattern.test(text);
  if (source.hwaccel !== undefined && says(hardwareRefuses))
    return { ...refused(`hardware decoding (${source.hwaccel}) does not work on this gateway`), hardware: true };
  if (says(/401 Unauthorized|authorization failed/i))
    return refused(login ? 'wrong password' : 'the camera asks for a user and a password');
  if (says(/403 Forbidden/i)) return refused('the camera forbids this user the stream (403)');
  if (says(/404 Not Found/i)) return refused('no such stream (404)');
  if (says(/matches no streams|does not contain any stream/i)) return refused('there is no video in this stream');
  if (says(/No such file or directory/i))
    return source.kind === 'v4l2' ? unreachable(`there is no device ${where}`) : refused(`no such file: ${where}`);
  if (says(/Device or resource busy/i)) return unreachable(`${where} is used by another program`);
  if (says(/Permission denied/i)) return refused(`the gateway may not read ${where}`);
  if (says(/Inappropriate ioctl|Not a video capture device/i)) return refused(`${where} is not a camera`);
  if (says(/Cannot find ffmpeg|ENOENT/)) return unreachable('ffmpeg is missing on this gateway');
  if (says(/Connection refused/i)) return unreachable(`nothing listens on ${where}`);
  if (says(/Connection timed out|Operation timed out/i)) return unreachable(`${where} does not answer`);
  if (says(/No route to host|Network is unreachable/i)) return unreachable(`there is no way to ${where}`);
  if (says(/Failed to resolve|Name or service not known/i)) return unreachable(`nothing is called ${where}`);
  if (says(/Invalid data found|Protocol not found/i)) return unreachable(`${where} sends nothing that is a video`);
  const [last] = end.lines.slice(-1);
  return {
    state: 'connecting',
    reason: end.error === undefined ? 'the camera ended the stream' : `the stream broke off: ${last ?? end.error}`,
  };
}

function refused(reason: string): Failure {
  return { state: 'refused', reason };
}

function unreachable(reason: string): Failure {
  return { state: 'unreachable', reason };
}
