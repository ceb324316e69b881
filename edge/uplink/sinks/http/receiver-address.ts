/** Checks the address of a receiver: the token, the events and the pictures must not be sent unencrypted. */
import { isLoopback } from '@forpost/shared/http/loopback.ts';

/** The problem in a sentence; undefined: none. `setting`: as `uplink[0].url`; `what`: what is sent, events or pictures. */
export function receiverAddressProblem(url: string, tls: boolean, setting: string, what: string): string | undefined {
  if (!URL.canParse(url)) return `${setting} is not an address`;
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return undefined;
  if (tls) return `${setting} begins with http:// although there is tls: write https://`;
  if (isLoopback(hostname.replace(/^\[|\]$/g, ''))) return undefined;
  return `${setting} with http:// sends the token and all ${what} in the clear: write https://`;
}
