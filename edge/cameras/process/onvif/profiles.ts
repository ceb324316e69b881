/**
 * The streams in a camera's answers to GetProfiles, of Media (Profile S) and Media2 (Profile T). Pure.
 *
 * Always: a profile without an encoder for video is left out; at most `mostProfiles` are read, the first ones: a camera
 * lists its main and sub streams first.
 */
import { type Words, words } from '@forpost/shared/texts/english.ts';
import type { OfferedStream } from '../../messages.ts';
import { plain } from '../plain.ts';
import { attribute, children, type Element, numberAt, textAt } from '../soap.ts';

/** A recorder lists a profile or two for each of its channels. */
export const mostProfiles = 16;

export interface Profile extends Omit<OfferedStream, 'url'> {
  /** as the camera wrote it */
  readonly token: string;
}

export function profilesIn(body: Element | undefined): {
  readonly profiles: readonly Profile[];
  /** those with video that are beyond the limit */
  readonly more: number;
} {
  const all = children(body, 'getProfilesResponse', 'profiles');
  const withVideo = all.flatMap((one) => profileOf(one) ?? []);
  return { profiles: withVideo.slice(0, mostProfiles), more: Math.max(0, withVideo.length - mostProfiles) };
}

function profileOf(profile: Element): Profile | undefined {
  const [encoder] = [
    ...children(profile, 'videoEncoderConfiguration'),
    ...children(profile, 'configurations', 'videoEncoder'),
  ];
  const token = attribute(profile, 'token');
  if (encoder === undefined || token === '') return undefined;
  const framesPerSecond = numberAt(encoder, 'rateControl', 'frameRateLimit');
  // Media has it within the codec's own settings, Media2 as an attribute
  const govLength =
    Number(attribute(encoder, 'GovLength') || 0) ||
    numberAt(encoder, 'H264', 'govLength') ||
    numberAt(encoder, 'MPEG4', 'govLength');
  return {
    token,
    name: plain(textAt(profile, 'name')) || plain(token),
    codec: codecOf(textAt(encoder, 'encoding')),
    width: numberAt(encoder, 'resolution', 'width'),
    height: numberAt(encoder, 'resolution', 'height'),
    framesPerSecond,
    keyFrameSeconds: govLength > 0 && framesPerSecond > 0 ? govLength / framesPerSecond : 0,
    sound: hasSound(profile),
  };
}

function hasSound(profile: Element): boolean {
  return (
    [...children(profile, 'audioEncoderConfiguration'), ...children(profile, 'configurations', 'audioEncoder')].length >
    0
  );
}

function codecOf(encoding: string): string {
  const name = encoding.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');
  if (name === 'HEVC') return 'H265';
  return plain(name, 16);
}

/**
 * The address of a stream as it will be used: at the host that was asked, without a log-in. A camera may name another one
 * of its addresses there, that of its factory network, or anything.
 */
export function streamUrl(
  uri: string,
  host: string,
): { readonly url: string; readonly note?: Words } | { readonly problem: Words } {
  const url = uri.length > 500 ? null : URL.parse(uri);
  if (url === null || !/^(rtsps?|https?):$/.test(url.protocol) || url.hostname === '')
    return { problem: words('gateway/reason.onvif-no-address', { words: plain(uri, 60) }) };
  url.username = '';
  url.password = '';
  const named = url.hostname.replace(/^\[|\]$/g, '');
  if (named === host) return { url: url.href };
  url.hostname = host.includes(':') ? `[${host}]` : host;
  return { url: url.href, note: words('gateway/reason.onvif-other-host', { named: plain(named), host }) };
}
