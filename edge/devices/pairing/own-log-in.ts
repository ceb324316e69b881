/**
 * Whether the user name and password that an unknown client sent can become its log-in. A device with a fixed log-in keeps
 * it at pairing.
 *
 * Always: a user name that another principal has counts only together with the client id, so that the other log-in stays
 * with its owner.
 */
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { Knocker } from './knocker.ts';

/** Passwords that firmware has from the factory, or that everybody tries first. */
const known = new Set([
  ...['dves_pass', 'password', 'passwort', 'mqtt', 'admin', 'guest', 'public', 'shelly', 'tasmota', 'homeassistant'],
  ...['12345678', '123456789', '1234567890', 'qwertyui', 'changeme', 'mosquitto', 'zigbee2mqtt'],
]);
const shortestPassword = 8;
const longestUser = 256;
const longestPassword = 1024;

export interface OwnLogIn {
  readonly user: string;
  readonly password: string;
  /** the client id that goes with the user name, which is another's too; undefined: the user name alone is enough */
  readonly clientId: string | undefined;
}

export type OwnLogInJudged =
  /** `weak`: why a made credential would be better; undefined: nothing speaks against it */
  { readonly logIn: OwnLogIn; readonly weak: Message | undefined } | { readonly not: Message };

/** `ownerOf`: who logs in with this user name and client id; `id`: the id that the client would get */
export function ownLogInOf(
  { knock, password, clientId }: Pick<Knocker, 'knock' | 'password' | 'clientId'>,
  ownerOf: (user: string, clientId: string) => string | undefined,
): OwnLogInJudged {
  const { user } = knock;
  if (user === undefined || user === '' || password === undefined || password.length === 0)
    return { not: message('gateway/pairing.no-log-in') };
  const text = Buffer.from(password).toString('utf8');
  if (text.length > longestPassword) return { not: message('gateway/pairing.log-in-long') };
  if (user.length > longestUser || /\p{Cc}/u.test(user)) return { not: message('gateway/pairing.log-in-long') };
  const isTaken = ownerOf(user, knock.clientId) !== undefined;
  if (isTaken && (clientId === '' || knock.clientId.length > longestUser))
    return { not: message('gateway/pairing.user-taken', { user: user.slice(0, 64) }) };
  return {
    logIn: { user, password: text, clientId: isTaken ? knock.clientId : undefined },
    weak: weaknessOf(text, user),
  };
}

function weaknessOf(password: string, user: string): Message | undefined {
  const plain = password.toLowerCase();
  if (known.has(plain) || plain === user.toLowerCase()) return message('gateway/pairing.log-in-known');
  return password.length < shortestPassword
    ? message('gateway/pairing.log-in-short', { count: shortestPassword })
    : undefined;
}
