/**
 * Addresses that an installer types for a camera, and which log-ins may go there. Pure.
 *
 *   10.0.0.7 · camera-3.lan:8000 · http://10.0.0.7/onvif/device_service   the camera itself: it is asked over ONVIF
 *   rtsp://10.0.0.7/stream1 · http://10.0.0.7/video.mjpg                  a stream: it is tested as it is
 */

const devicePath = '/onvif/device_service';
const longest = 500;

/** The ONVIF address for a typed one, without its log-in; undefined: not an address. */
export function deviceAddress(typed: string): string | undefined {
  const text = typed.trim();
  if (text === '' || text.length > longest) return undefined;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${withBrackets(text)}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') return undefined;
  url.username = '';
  url.password = '';
  url.hash = '';
  if (url.pathname === '/' && url.search === '') url.pathname = devicePath;
  return url.href;
}

/** An IPv6 address as people type it. */
function withBrackets(text: string): string {
  return /^[0-9a-f:]+:[0-9a-f:]*$/i.test(text) && text.split(':').length > 2 ? `[${text}]` : text;
}

/** The stream's address without a log-in; undefined: not an address on a network. */
export function streamAddress(typed: string): string | undefined {
  const url = typed.length > longest ? null : URL.parse(typed.trim());
  if (url === null || !/^(rtsps?|https?):$/.test(url.protocol) || url.hostname === '') return undefined;
  url.username = '';
  url.password = '';
  return url.href;
}

/** Whether both addresses are of one host, so that a secret of one may be sent to the other. */
export function isSameHost(one: string, other: string): boolean {
  const [a, b] = [URL.parse(one), URL.parse(other)];
  return a !== null && b !== null && a.hostname !== '' && a.hostname.toLowerCase() === b.hostname.toLowerCase();
}
