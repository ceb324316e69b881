/** Checks the address of a receiver: the token, the events and the pictures must not be sent unencrypted. */
import { isLoopback } from '@forpost/shared/http/loopback.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';

/** The problem in a sentence; undefined: none. `setting`: as `uplink[0].url`; `what` is sent: events or pictures. */
export function receiverAddressProblem(
  url: string,
  tls: boolean,
  setting: string,
  what: 'events' | 'pictures',
): Words | undefined {
  if (!URL.canParse(url)) return words('mistake/address.none', { setting });
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return undefined;
  if (tls) return words('mistake/address.http-tls', { setting });
  if (isLoopback(hostname.replace(/^\[|\]$/g, ''))) return undefined;
  return what === 'events'
    ? words('mistake/address.events-plain', { setting })
    : words('mistake/address.pictures-plain', { setting });
}
