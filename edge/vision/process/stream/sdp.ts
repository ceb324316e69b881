/**
 * Reads a camera's session description (SDP, RFC 4566) tolerantly: chooses the video track to watch, and describes only
 * that track to ffmpeg. Sound and metadata are left out: nothing here uses them, and if one of their packets comes
 * first, ffmpeg does not recognise the picture. Pure.
 */
import { words } from '@forpost/shared/texts/english.ts';

export interface VideoTrack {
  readonly payloadType: number;
  /** its name in the RTP registry: H264, H265, JPEG, …; the camera's own word for an unknown codec */
  readonly codec: string;
  /** timestamp ticks per second */
  readonly clockRate: number;
  readonly fmtp: string | undefined;
  /** `a=control` of this track; undefined: the track has the session's URL */
  readonly control: string | undefined;
  /** pictures a second, if the camera says so */
  readonly frameRate: number | undefined;
}

export interface Description {
  readonly video: VideoTrack | undefined;
  /** codec of the first sound track, as the camera writes it; undefined: there is none */
  readonly sound: string | undefined;
  /** why no video can be watched, as text */
  readonly problem: string;
  /** `a=control` of the whole session */
  readonly control: string | undefined;
}

const mostLines = 2_000;
const videoClockRate = 90_000;
const staticTypes: Readonly<Record<number, string>> = { 26: 'JPEG', 31: 'H261', 32: 'MPV', 33: 'MP2T', 34: 'H263' };
/** names that cameras write -> the registered name; '': the same name in capitals */
const names: readonly (readonly [RegExp, string])[] = [
  [/^(x-)?(h[._-]?264|avc1?)(-svc)?$/i, 'H264'],
  [/^(x-)?(h[._-]?265|hevc|hvc1)$/i, 'H265'],
  [/^(x-)?m?jpe?g$/i, 'JPEG'],
  [/^(x-)?mp4v(-es)?$/i, 'MP4V-ES'],
  [/^(vp8|vp9|h263|h263-1998|h263-2000|h261|mpv|mp2t|av1)$/i, ''],
];

interface Media {
  readonly kind: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly number[];
  readonly attributes: string[];
}

export function readSdp(text: string): Description {
  const { session, media } = sections(text);
  const control = attribute(session, 'control');
  const videos = media.filter(({ kind }) => kind === 'video');
  const encrypted = videos.find(({ protocol }) => /SAVP/i.test(protocol));
  const tracks = videos.filter((one) => one !== encrypted).map(trackOf);
  // the first track with a known codec: another track may be a second channel, or use the maker's own codec
  const video = tracks.find(({ known }) => known)?.track ?? tracks[0]?.track;
  const audio = media.find(({ kind }) => kind === 'audio');
  const sound = audio === undefined ? undefined : soundOf(audio);
  if (video !== undefined) return { video, sound, problem: '', control };
  const problem = encrypted === undefined ? words('gateway/reason.no-video') : words('gateway/reason.encrypted');
  return { video: undefined, sound, problem, control };
}

function sections(text: string): { readonly session: readonly string[]; readonly media: readonly Media[] } {
  const session: string[] = [];
  const media: Media[] = [];
  let into = session;
  for (const line of text.split(/\r\n|\r|\n/).slice(0, mostLines)) {
    const found = /^\s*m\s*=\s*(\w+)\s+(\d+)\S*\s+(\S+)\s*(.*)$/.exec(line);
    if (found !== null) {
      const [, kind = '', port = '0', protocol = '', formats = ''] = found;
      const attributes: string[] = [];
      media.push({
        kind: kind.toLowerCase(),
        port: Number(port),
        protocol,
        formats: formats.split(/\s+/).map(Number).filter(Number.isInteger),
        attributes,
      });
      into = attributes;
      continue;
    }
    const value = /^\s*a\s*=\s*(.*?)\s*$/.exec(line)?.[1];
    if (value !== undefined) into.push(value);
  }
  return { session, media };
}

function attribute(attributes: readonly string[], name: string): string | undefined {
  const found = attributes.find((one) => one.toLowerCase().startsWith(`${name}:`));
  const value = found?.slice(name.length + 1).trim();
  return value === '' || value === '*' ? undefined : value;
}

function trackOf({ formats, attributes }: Media): { readonly track: VideoTrack; readonly known: boolean } {
  const maps = new Map(
    attributes.flatMap((one) => {
      const found = /^rtpmap:\s*(\d+)\s+([^/\s]+)(?:\s*\/\s*(\d+))?/i.exec(one);
      return found === null ? [] : [[Number(found[1]), { name: found[2] ?? '', rate: Number(found[3] ?? 0) }] as const];
    }),
  );
  const fmtpOf = (type: number) => {
    const found = attributes.map((one) => /^fmtp:\s*(\d+)\s+(.*)$/i.exec(one)).find((one) => Number(one?.[1]) === type);
    return found?.[2];
  };
  const payloadType = formats.find((type) => maps.has(type)) ?? formats[0] ?? [...maps.keys()][0] ?? 96;
  const fmtp = fmtpOf(payloadType);
  const map = maps.get(payloadType);
  const written = map?.name ?? staticTypes[payloadType] ?? guessed(fmtp);
  const name = names.find(([pattern]) => pattern.test(written));
  const codec = name === undefined ? written : name[1] || written.toUpperCase();
  const frameRate = Number(attribute(attributes, 'framerate') ?? attribute(attributes, 'x-framerate'));
  return {
    track: {
      payloadType,
      codec,
      clockRate: map === undefined || map.rate <= 0 ? videoClockRate : map.rate,
      fmtp,
      control: attribute(attributes, 'control'),
      frameRate: frameRate > 0 && frameRate <= 1_000 ? frameRate : undefined,
    },
    known: name !== undefined,
  };
}

/** static payload types of sound (RFC 3551) */
const soundTypes: Readonly<Record<number, string>> = { 0: 'PCMU', 8: 'PCMA', 9: 'G722', 14: 'MPA' };

function soundOf({ formats, attributes }: Media): string {
  const mapped = attributes.flatMap((one) => /^rtpmap:\s*\d+\s+([\w.-]{1,24})/i.exec(one)?.[1] ?? [])[0];
  return (mapped ?? soundTypes[formats[0] ?? -1] ?? 'unknown').toUpperCase();
}

/** The codec of a track that names none, by its parameters; H.264 if in doubt, as nearly every camera sends that. */
function guessed(fmtp = ''): string {
  return /sprop-vps|sprop-sps/i.test(fmtp) ? 'H265' : 'H264';
}

/** The description for ffmpeg: only this video track. */
export function localSdp({ payloadType, codec, clockRate, fmtp }: VideoTrack): string {
  return [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=camera',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=video 0 RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} ${codec}/${clockRate}`,
    ...(fmtp === undefined ? [] : [`a=fmtp:${payloadType} ${fmtp}`]),
    'a=control:video',
    '',
  ].join('\r\n');
}
