/** Checks the address of a web server in a configuration: a password must not go over plain http to another machine. */
import Type from 'typebox';
import { type Words, words } from '../texts/english.ts';
import { isLoopback } from './loopback.ts';

/** The key that allows a password in the clear, beside the address. */
export const allowPlaintextKey = {
  allow_plaintext: Type.Optional(
    Type.Boolean({
      description: 'true allows a password to another machine by http, where the network is trusted',
      default: false,
    }),
  ),
} as const;

/**
 * The problem as a sentence, or undefined. `setting`: such as `history.url`; `insisted`: the file says that the network is
 * trusted. The sentence shows the address only when the text is no address.
 */
export function clearAddressProblem(text: string, setting: string, insisted = false): Words | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return words('mistake/address.example', { text });
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'https:' || url.password === '' || isLoopback(host) || insisted) return undefined;
  return words('mistake/address.password-plain', { setting, host });
}
