/**
 * From how a capture ended to what an installer can do about it, pure. What ffmpeg 5 to 7 print was read from its
 * source (libavutil/error.c) and seen against a real server; a drop has no error line and exit status 0.
 */
import type { CameraState } from '@forpost/shared/event/status.ts';
import { isLocal, type Source } from './address.ts';

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

/** How a run ended: the error (undefined: ffmpeg said that all was well) and its last lines, without passwords. */
export interface CaptureEnd {
  readonly error: string | undefined;
  readonly lines: readonly string[];
  /** why the session with the camera came to nothing or ended, where it was that */
  readonly failure?: CameraFailure;
}

interface Sentence {
  readonly says: RegExp;
  readonly tell: (where: string, source: Source) => Failure;
}

/** ffmpeg's words where a method or a decoder is not there */
const hardwareRefuses =
  /No device available for decoder|Device creation failed|Failed to set value '.*' for option 'hwaccel'|Unrecognized hwaccel|Unknown decoder|can't configure decoder|Could not find a valid device|hwaccel (initiali[sz]ation|requested).*(fail|not supported)|No VA display/i;

/** What ffmpeg ends with and what an installer can do about it; the first one that fits counts. */
const sentences: readonly Sentence[] = [
  {
    says: /401 Unauthorized|authorization failed/i,
    tell: (_, source) =>
      refused(
        !isLocal(source) && source.login !== undefined ? 'wrong password' : 'the camera asks for a user and a password',
      ),
  },
  { says: /403 Forbidden/i, tell: () => refused('the camera forbids this user the stream (403)') },
  { says: /404 Not Found/i, tell: () => refused('no such stream (404)') },
  { says: /429 Too Many Requests/i, tell: () => unreachable('the camera says that it is asked too often (429)') },
  {
    says: /461 Unsupported transport/i,
    tell: () => refused('the camera does not send its stream over TCP (461): allow RTP over RTSP in its settings'),
  },
  {
    says: /453 Not Enough Bandwidth/i,
    tell: () => unreachable('the camera serves no more viewers (453): end another one or lower its bit rate'),
  },
  {
    says: /400 Bad Request/i,
    tell: () => refused('the camera does not understand the request (400): is its address right?'),
  },
  {
    says: /Server returned 4XX/i,
    tell: () => refused('the camera refuses the stream (a status of 4xx): is its address right?'),
  },
  { says: /Server returned 5XX/i, tell: () => unreachable('the camera says that it failed itself (a status of 5xx)') },
  {
    says: /matches no streams|does not contain any stream|Stream not found/i,
    tell: () => refused('there is no video in this stream'),
  },
  {
    says: /dimensions not set|Could not find codec parameters for stream \d+ \(Video/i,
    tell: () => connecting('the stream does not say how large its picture is, and no key frame came that does'),
  },
  // of the muxer, in whose sentences the camera's picture is not to blame
  {
    says: /supported in container|Could not find tag for codec|Could not write header/i,
    tell: () => connecting('the recording cannot hold what the camera sends: set its sound to AAC, or switch it off'),
  },
  {
    says: /av_interleaved_write_frame\(\): Invalid argument/i,
    tell: () => connecting('the recording cannot hold what the camera sends: its times go backwards'),
  },
  {
    says: /Decoder not found|Decoder \(codec [^)]*\) not found|Unsupported codec|codec not currently supported/i,
    tell: () => refused('this gateway’s ffmpeg cannot decode the camera’s codec: set the camera to H.264 or H.265'),
  },
  {
    says: /Not yet implemented in FFmpeg|is not implemented/i,
    tell: () =>
      refused('this gateway’s ffmpeg cannot decode what the camera sends: set the camera to H.264, profile Main'),
  },
  {
    says: /(Demuxer|Muxer|Protocol|Filter|Bitstream filter|Option|Encoder) not found/i,
    tell: () => refused('this gateway’s ffmpeg lacks a part that Forpost needs: install the whole package'),
  },
  {
    says: /Unrecognized option|Error splitting the argument list|Option .* not found/i,
    tell: () => refused('this gateway’s ffmpeg is too old or another program: version 5 or newer is needed'),
  },
  { says: /No space left on device/i, tell: () => unreachable('there is no room left where the stream is recorded') },
  {
    says: /Cannot allocate memory|Out of memory/i,
    tell: () => unreachable('this gateway has no memory left for the camera'),
  },
  { says: /Too many open files/i, tell: () => unreachable('this gateway has too many files open') },
  {
    says: /No such file or directory/i,
    tell: (where, { kind }) =>
      kind === 'v4l2' ? unreachable(`there is no device ${where}`) : refused(`no such file: ${where}`),
  },
  { says: /No such device/i, tell: (where) => unreachable(`there is no device ${where} any more`) },
  { says: /Is a directory/i, tell: (where) => refused(`${where} is a folder, not a file`) },
  { says: /Device or resource busy/i, tell: (where) => unreachable(`${where} is used by another program`) },
  { says: /Permission denied|Operation not permitted/i, tell: (where) => refused(`the gateway may not read ${where}`) },
  { says: /Inappropriate ioctl|Not a video capture device/i, tell: (where) => refused(`${where} is not a camera`) },
  { says: /Cannot find ffmpeg|ENOENT/, tell: () => unreachable('ffmpeg is missing on this gateway') },
  { says: /EACCES/, tell: () => unreachable('the gateway may not run ffmpeg') },
  { says: /Connection refused/i, tell: (where) => unreachable(`nothing listens on ${where}`) },
  {
    says: /Connection timed out|Operation timed out|Resource temporarily unavailable/i,
    tell: (where) => unreachable(`${where} does not answer`),
  },
  {
    says: /Temporary failure in name resolution/i,
    tell: (where) => unreachable(`the name of ${where} cannot be looked up: does the network’s DNS server answer?`),
  },
  {
    says: /No route to host|Network is unreachable|Host is down|Network is down/i,
    tell: (where) => unreachable(`there is no way to ${where}`),
  },
  { says: /Failed to resolve|Name or service not known/i, tell: (where) => unreachable(`nothing is called ${where}`) },
  { says: /Connection reset by peer|Broken pipe/i, tell: () => connecting('the camera cut the connection') },
  { says: /ended with SIGKILL/, tell: () => connecting('ffmpeg was ended by the system: is its memory full?') },
  { says: /ended with SIG(SEGV|ABRT|BUS|ILL|FPE)/, tell: () => connecting('ffmpeg crashed over what the camera sent') },
  {
    says: /Invalid data found|Invalid argument/i,
    tell: (where) => unreachable(`${where} sends nothing that is a video`),
  },
];

/** What ffmpeg prints of itself at each end, and what it prints of a stream that is well. */
const noise =
  /^\s*$|Statistics:|bytes read|\d+ seeks|AVIOContext|Terminating|Exiting normally|Conversion failed|^frame=|^size=|video:\s*\d+\s*ki?B|(Input|Output) (stream|file) #|^\s*Total:|packets (read|muxed)|frames (decoded|encoded|successfully)|Nothing was written|Last message repeated|^(Input|Output) #|Stream #|Stream mapping|Press \[q\]|Metadata:|Duration:|^\s*encoder\s*:|Side data|Parsed_|graph \d|Successfully (opened|connected)|Starting connection|Opening |using cpu|Reinit context|detected|^\s+\w+\s*:\s|Auto-inserting|Routing option|^\s*->/i;
const telling =
  /error|fail|cannot|can't|could not|invalid|unsupported|not (found|supported|set|implemented)|denied|refused|unable|no such|missing|unknown|unexpected|corrupt|broken/i;
const longestLine = 160;

/** Why a capture of `source` ended, in an installer's words. */
export function explain(end: CaptureEnd, source: Source): Failure {
  if (end.failure !== undefined) return { state: end.failure.state, reason: end.failure.reason };
  const where = isLocal(source) ? source.path : `${source.host}:${source.port}`;
  const text = [...end.lines, end.error ?? ''].join('\n');
  if (source.hwaccel !== undefined && hardwareRefuses.test(text))
    return { ...refused(`hardware decoding (${source.hwaccel}) does not work on this gateway`), hardware: true };
  const known = sentences.find(({ says }) => says.test(text));
  if (known !== undefined) return known.tell(where, source);
  if (end.error === undefined) return connecting('the camera ended the stream');
  return connecting(`ffmpeg said: ${tellingLine(end.lines) ?? plainLine(end.error)}`);
}

/** Of ffmpeg's last lines the one that says most; undefined where none says anything. */
function tellingLine(lines: readonly string[]): string | undefined {
  const left = lines
    .filter((line) => !noise.test(line))
    .map(plainLine)
    .filter((line) => line !== '');
  return left.findLast((line) => telling.test(line)) ?? left.at(-1);
}

/** Without what only a developer reads: who in ffmpeg says it, where in memory, and the address on loopback. */
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
