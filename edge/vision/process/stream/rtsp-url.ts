/** The URLs within a camera's RTSP session, as cameras write them. Pure. */
import type { RtspMessage } from './rtsp-message.ts';

/** The base of relative track URLs, without the log-in that some cameras write into it. */
export function baseOf({ headers }: RtspMessage, url: string): string {
  const named = headers.get('content-base')?.[0] ?? headers.get('content-location')?.[0] ?? '';
  return isAddress(named) ? withoutLogin(named) : url;
}

/** The URL of a track's `a=control`: cameras expect it to be appended to the base. */
export function resolved(base: string, control: string): string {
  if (isAddress(control)) return withoutLogin(control);
  return `${base.replace(/\/$/, '')}/${control.replace(/^\//, '')}`;
}

function isAddress(text: string): boolean {
  return /^rtsps?:\/\//i.test(text);
}

function withoutLogin(url: string): string {
  return url.replace(/^(rtsps?:\/\/)[^/]*@/i, '$1');
}
