/** What is wrong with the address of a receiver: where a token and events or pictures would go in the clear. */
import { isLoopback } from '@forpost/shared/http/loopback.ts';

/** A sentence; undefined where nothing is wrong. `setting`: as `uplink[0].url`; `what` goes to it: events, pictures. */
export function receiverAddressProblem(url: string, tls: boolean, setting: string, what: string): string | undefined {
  if (!URL.canParse(url)) return `${setting} is not an address`;
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return undefined;
  if (tls) return `${setting} begins with http:// although there is tls: write https://`;
  if (isLoopback(hostname.replace(/^\[|\]$/g, ''))) return undefined;
  return `${setting} with http:// sends the token and all ${what} in the clear: write https://`;
}
