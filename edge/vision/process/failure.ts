/**
 * Explains to an installer why a capture ended and what to do. Pure. The patterns match the messages of ffmpeg 5 to 7,
 * from its source (libavutil/error.c) and from runs against a real server. A dropped stream prints no error and exits
 * with 0.
 */

import type { CameraState } from '@forpost/shared/event/status.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { isLocal, type Source } from './address.ts';

export interface Failure {
  readonly state: Extract<CameraState, 'connecting' | 'refused' | 'unreachable'>;
  readonly reason: string;
  /** the hardware decoder fails; the processor may decode the stream */
  readonly hardware?: true;
}

/** Why a session with a camera failed or ended. */
export class CameraFailure extends Error implements Failure {
  readonly state: Failure['state'];
  readonly reason: string;

  constructor(state: Failure['state'], reason: string) {
    super(reason);
    this.state = state;
    this.reason = reason;
  }
}

/** How a run of ffmpeg ended: the error (undefined: exit status 0) and the last lines it printed, without passwords. */
export interface CaptureEnd {
  readonly error: string | undefined;
  readonly lines: readonly string[];
  /** why the session with the camera failed, if that ended the run */
  readonly failure?: CameraFailure;
}

interface Sentence {
  readonly pattern: RegExp;
  readonly failureOf: (where: string, source: Source) => Failure;
}

/** ffmpeg's messages about a missing hardware method or decoder */
const hardwareRefuses =
  /No device available for decoder|Device creation failed|Failed to set value '.*' for option 'hwaccel'|Unrecognized hwaccel|Unknown decoder|can't configure decoder|Could not find a valid device|hwaccel (initiali[sz]ation|requested).*(fail|not supported)|No VA display/i;

/** ffmpeg's messages and what an installer can do; the first match counts. */
const sentences: readonly Sentence[] = [
  {
    pattern: /401 Unauthorized|authorization failed/i,
    failureOf: (_, source) =>
      refused(
        !isLocal(source) && source.login !== undefined
          ? words('gateway/reason.wrong-password')
          : words('gateway/reason.login-needed'),
      ),
  },
  { pattern: /403 Forbidden/i, failureOf: () => refused(words('gateway/reason.forbidden')) },
  { pattern: /404 Not Found/i, failureOf: () => refused(words('gateway/reason.no-stream')) },
  { pattern: /429 Too Many Requests/i, failureOf: () => unreachable(words('gateway/reason.too-often')) },
  {
    pattern: /461 Unsupported transport/i,
    failureOf: () => refused(words('gateway/reason.not-tcp')),
  },
  {
    pattern: /453 Not Enough Bandwidth/i,
    failureOf: () => unreachable(words('gateway/reason.no-more-viewers')),
  },
  {
    pattern: /400 Bad Request/i,
    failureOf: () => refused(words('gateway/reason.bad-request')),
  },
  {
    pattern: /Server returned 4XX/i,
    failureOf: () => refused(words('gateway/reason.status-4xx')),
  },
  { pattern: /Server returned 5XX/i, failureOf: () => unreachable(words('gateway/reason.status-5xx')) },
  {
    pattern: /matches no streams|does not contain any stream|Stream not found/i,
    failureOf: () => refused(words('gateway/reason.no-video')),
  },
  {
    pattern: /dimensions not set|Could not find codec parameters for stream \d+ \(Video/i,
    failureOf: () => connecting(words('gateway/reason.no-size')),
  },
  // the muxer's messages: the camera's picture is not at fault
  {
    pattern: /supported in container|Could not find tag for codec|Could not write header/i,
    failureOf: () => connecting(words('gateway/reason.recording-sound')),
  },
  {
    pattern: /av_interleaved_write_frame\(\): Invalid argument/i,
    failureOf: () => connecting(words('gateway/reason.recording-times')),
  },
  {
    pattern: /Decoder not found|Decoder \(codec [^)]*\) not found|Unsupported codec|codec not currently supported/i,
    failureOf: () => refused(words('gateway/reason.codec')),
  },
  {
    pattern: /Not yet implemented in FFmpeg|is not implemented/i,
    failureOf: () => refused(words('gateway/reason.codec-profile')),
  },
  {
    pattern: /(Demuxer|Muxer|Protocol|Filter|Bitstream filter|Option|Encoder) not found/i,
    failureOf: () => refused(words('gateway/reason.ffmpeg-part')),
  },
  {
    pattern: /Unrecognized option|Error splitting the argument list|Option .* not found/i,
    failureOf: () => refused(words('gateway/reason.ffmpeg-old')),
  },
  { pattern: /No space left on device/i, failureOf: () => unreachable(words('gateway/reason.no-room')) },
  {
    pattern: /Cannot allocate memory|Out of memory/i,
    failureOf: () => unreachable(words('gateway/reason.no-memory')),
  },
  { pattern: /Too many open files/i, failureOf: () => unreachable(words('gateway/reason.open-files')) },
  {
    pattern: /No such file or directory/i,
    failureOf: (where, { kind }) =>
      kind === 'v4l2'
        ? unreachable(words('gateway/reason.no-device', { where }))
        : refused(words('gateway/reason.no-file', { where })),
  },
  { pattern: /No such device/i, failureOf: (where) => unreachable(words('gateway/reason.device-gone', { where })) },
  { pattern: /Is a directory/i, failureOf: (where) => refused(words('gateway/reason.folder', { where })) },
  { pattern: /Device or resource busy/i, failureOf: (where) => unreachable(words('gateway/reason.busy', { where })) },
  {
    pattern: /Permission denied|Operation not permitted/i,
    failureOf: (where) => refused(words('gateway/reason.unreadable', { where })),
  },
  {
    pattern: /Inappropriate ioctl|Not a video capture device/i,
    failureOf: (where) => refused(words('gateway/reason.no-camera', { where })),
  },
  { pattern: /Cannot find ffmpeg|ENOENT/, failureOf: () => unreachable(words('gateway/reason.no-ffmpeg')) },
  { pattern: /EACCES/, failureOf: () => unreachable(words('gateway/reason.may-not-run-ffmpeg')) },
  {
    pattern: /Connection refused/i,
    failureOf: (where) => unreachable(words('gateway/reason.nothing-listens', { where })),
  },
  {
    pattern: /Connection timed out|Operation timed out|Resource temporarily unavailable/i,
    failureOf: (where) => unreachable(words('gateway/reason.no-answer', { where })),
  },
  {
    pattern: /Temporary failure in name resolution/i,
    failureOf: (where) => unreachable(words('gateway/reason.dns', { where })),
  },
  {
    pattern: /No route to host|Network is unreachable|Host is down|Network is down/i,
    failureOf: (where) => unreachable(words('gateway/reason.no-way', { where })),
  },
  {
    pattern: /Failed to resolve|Name or service not known/i,
    failureOf: (where) => unreachable(words('gateway/reason.no-name', { where })),
  },
  { pattern: /Connection reset by peer|Broken pipe/i, failureOf: () => connecting(words('gateway/reason.cut')) },
  { pattern: /ended with SIGKILL/, failureOf: () => connecting(words('gateway/reason.ffmpeg-killed')) },
  {
    pattern: /ended with SIG(SEGV|ABRT|BUS|ILL|FPE)/,
    failureOf: () => connecting(words('gateway/reason.ffmpeg-crashed')),
  },
  {
    pattern: /Invalid data found|Invalid argument/i,
    failureOf: (where) => unreachable(words('gateway/reason.not-video', { where })),
  },
];

/** Lines that ffmpeg prints at each end, and lines about a healthy stream. */
const noise =
  /^\s*$|Statistics:|bytes read|\d+ seeks|AVIOContext|Terminating|Exiting normally|Conversion failed|^frame=|^size=|video:\s*\d+\s*ki?B|(Input|Output) (stream|file) #|^\s*Total:|packets (read|muxed)|frames (decoded|encoded|successfully)|Nothing was written|Last message repeated|^(Input|Output) #|Stream #|Stream mapping|Press \[q\]|Metadata:|Duration:|^\s*encoder\s*:|Side data|Parsed_|graph \d|Successfully (opened|connected)|Starting connection|Opening |using cpu|Reinit context|detected|^\s+\w+\s*:\s|Auto-inserting|Routing option|^\s*->/i;
const informative =
  /error|fail|cannot|can't|could not|invalid|unsupported|not (found|supported|set|implemented)|denied|refused|unable|no such|missing|unknown|unexpected|corrupt|broken/i;
const longestLine = 160;

/** Why a capture of `source` ended, in an installer's words. */
export function explain(end: CaptureEnd, source: Source): Failure {
  if (end.failure !== undefined) return { state: end.failure.state, reason: end.failure.reason };
  const where = isLocal(source) ? source.path : `${source.host}:${source.port}`;
  const text = [...end.lines, end.error ?? ''].join('\n');
  if (source.hwaccel !== undefined && hardwareRefuses.test(text))
    return { ...refused(words('gateway/reason.hwaccel', { kind: source.hwaccel })), hardware: true };
  const known = sentences.find(({ pattern }) => pattern.test(text));
  if (known !== undefined) return known.failureOf(where, source);
  if (end.error === undefined) return connecting(words('gateway/reason.stream-ended'));
  return connecting(words('gateway/reason.ffmpeg-said', { line: informativeLine(end.lines) ?? plainLine(end.error) }));
}

/** The most informative of ffmpeg's last lines; undefined if all are noise. */
function informativeLine(lines: readonly string[]): string | undefined {
  const left = lines
    .filter((line) => !noise.test(line))
    .map(plainLine)
    .filter((line) => line !== '');
  return left.findLast((line) => informative.test(line)) ?? left.at(-1);
}

/** The line without ffmpeg's component and memory address, and without the loopback address of this process. */
function plainLine(line: string): string {
  return line
    .replaceAll(/\[[^\]]*@ 0x[\da-f]+\]\s*/gi, '')
    .replaceAll(/rtsp:\/\/127\.0\.0\.1:\d+\/\S*/g, 'the stream')
    .replaceAll(/^pipe:0:\s*/g, '')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, longestLine);
}

function connecting(reason: string): Failure {
  return { state: 'connecting', reason };
}

function refused(reason: string): Failure {
  return { state: 'refused', reason };
}

function unreachable(reason: string): Failure {
  return { state: 'unreachable', reason };
}
